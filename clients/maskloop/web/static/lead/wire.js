// What leads and the page's server tell each other. Types only; `maskloop.web.leading` is the other side.
//
// Seconds end in `_s`, moments are seconds since 1970, IoUs and measures lie in [0, 1].

/**
 * @typedef {{
 *   id: string, at: number, name: string, annotator: string, action: string, subjects: Record<string, string>,
 *   count: number,
 * }} EntryDocument
 *   One change. `name` is that of the token, "" without one; `annotator` under whose name; `subjects` are ids.
 *
 * @typedef {{entries: EntryDocument[], next: string}} AuditAnswer
 *   `next` is "" on the last page.
 */

/**
 * @typedef {import("../core/wire.js").ImageFacts} ImageFacts
 * @typedef {import("../core/wire.js").MaskDocument} MaskDocument
 * @typedef {import("../core/wire.js").Category} Category
 *
 * @typedef {{
 *   id: string, name: string, categories: Category[], campaigns: string[], active_model: string,
 * }} ProjectDocument
 *
 * @typedef {{
 *   kind: string, labels: number, planned_s: number, measured_s: number, charged_s: number, test_s: number,
 * }} KindDocument
 *
 * @typedef {{
 *   id: string, strategy: string, seed: number, created_at: number | null, budget_s: number | null,
 *   budget_images: number | null, spent_s: number, reserved_s: number, reserved_images: number, left_s: number | null,
 *   left_images: number | null, labeled_images: number, test_images: number, test_spent_s: number,
 *   kinds: KindDocument[],
 * }} CampaignDocument
 *   One of `budget_s` and `budget_images` is set, and so of what is left.
 *
 * @typedef {{at: number, spent_s: number, labeled_images: number}} StepDocument
 *
 * @typedef {{
 *   model_version: string, at: number, labeled_images: number, spent_s: number, measures: Record<string, number>,
 * }} NetworkDocument
 *
 * @typedef {{at_s: number, mean: number, low: number, high: number}} ExpectedDocument
 *
 * @typedef {{measure: string, words: string, checks: string, ahead: ExpectedDocument[]}} OutlookDocument
 *
 * @typedef {{
 *   campaign: CampaignDocument, steps: StepDocument[], networks: NetworkDocument[], decided_by: string,
 *   outlook: OutlookDocument,
 * }} CampaignAnswer
 *
 * @typedef {{
 *   id: string, campaign: string, annotator: string, kind: string, strategy: string, model_version: string,
 *   for_test: boolean, fallback: string, expires_at: number, overdue: boolean, planned_s: number,
 *   states: Record<string, number>,
 * }} BatchSummary
 *
 * @typedef {{
 *   annotator: string, labels: number, by_kind: Record<string, number>, corrections: number, charged_s: number,
 *   timed: number, timed_s: number, held: number, last_at: number | null,
 * }} AnnotatorSummary
 *
 * @typedef {{batches: BatchSummary[], annotators: AnnotatorSummary[], now: number}} BatchesAnswer
 *
 * @typedef {{
 *   image: ImageFacts, label: string, annotator: string, why: "fits_badly" | "not_drawn" | "other_category",
 *   category: number, drawn_as: number, predicted_iou: number, iou: number, size: number, model_version: string,
 *   head_trusted: boolean, predicted: MaskDocument, drawn: MaskDocument | null,
 * }} DisputeDocument
 *
 * @typedef {{
 *   first: string, second: string, images: number, matched: number, mean_iou: number | null, only_first: number,
 *   only_second: number,
 * }} AgreementDocument
 *
 * @typedef {{
 *   disputes: DisputeDocument[], found: number, labels: number, predicted: number, uncalibrated: number,
 *   agreement: AgreementDocument[],
 *   sample: string[],
 * }} ReviewAnswer
 *   `sample` are images of one person each, to be labeled again. Of `labels` full labels, networks that did not learn
 *   from them have calibrated predictions for `predicted`.
 *
 * @typedef {{
 *   id: string, recipe: string, seed: number, created_at: number | null, labeled_images: number, boxed_images: number,
 *   weakly_labeled_images: number, active: boolean, thinned: boolean, scored_images: number, pseudo_images: number,
 *   head: string, head_words: string, measures: Record<string, number>, tested_images: number,
 * }} ModelDocument
 *
 * @typedef {{
 *   id: string, project: string, kind: string, state: string, progress: number, message: string, eta_s: number | null,
 *   seconds: number, result: string, error: {reason: string, message: string}, created_at: number | null,
 *   updated_at: number | null,
 * }} OperationDocument
 *
 * @typedef {{kind: string, state: string, operation_id: string, progress: number, words: string}} StepOfRound
 * @typedef {{project_id: string, state: string, steps: StepOfRound[]}} RoundDocument
 *
 * @typedef {{models: ModelDocument[], operations: OperationDocument[], round: RoundDocument | null}} NetworksAnswer
 * @typedef {{operations: OperationDocument[], round: RoundDocument | null}} WorkAnswer
 *
 * @typedef {{category: number, mask: MaskDocument}} TruthDocument
 * @typedef {{category: number, mask: MaskDocument, predicted_iou: number | null}} OutlinedDocument
 * @typedef {{
 *   image: ImageFacts, true_iou: number, predicted_iou: number | null, truths: TruthDocument[],
 *   proposals: OutlinedDocument[],
 * }} GalleryDocument
 * @typedef {{
 *   model_version: string, tested: number, images: GalleryDocument[], next: number | null, words: string,
 * }} GalleryAnswer
 *
 * @typedef {{name: string, summary: string}} StrategyDocument
 * @typedef {{strategies: StrategyDocument[], default_strategy: string, suffixes: string[]}} ChoicesAnswer
 * @typedef {{taken: number, refused: [string, string][]}} TakenAnswer
 */

export {};
