// What the page and its server tell each other. Types only; `maskloop.web.documents` is the other side.
//
// Every answer that is no success is {error: {reason, message, field}}; `reason` is the UPPER_SNAKE name of an error
// of `maskloop.errors`. Ids are opaque. Times are seconds since 1970. Pixels are those of the upright image, (0, 0) its
// upper left corner; boxes are [x, y, width, height].

/**
 * @typedef {"full" | "boxes" | "points" | "scribbles" | "counts" | "image_level" | "ood_check"} Kind
 *
 * @typedef {{id: number, name: string}} Category
 *
 * @typedef {{id: string, name: string, width: number, height: number}} ImageFacts
 *
 * @typedef {{height: number, width: number, rle: string}} MaskDocument
 *   COCO's compressed run-length string, column-major, of the whole image.
 *
 * @typedef {{
 *   id: string, category: number, mask: MaskDocument, predicted_iou: number, confidence: number,
 * }} ProposalDocument
 *
 * @typedef {{image: ImageFacts, reason: string, cost_s: number, score: number | null}} PickDocument
 *
 * @typedef {{
 *   id: string, project: string, campaign: string, annotator: string, kind: Kind, picks: PickDocument[],
 *   expires_at: number, now: number, exhausted: boolean, fallback: string, for_test: boolean,
 *   assist: "none" | "proposals" | "boxes", model_version: string,
 * }} BatchDocument
 *   `picks` are those still to be labeled, in the order of selection. `model_version` answers prompts.
 *
 * @typedef {{
 *   image: ImageFacts, proposals: ProposalDocument[], model_version: string, uncalibrated: boolean,
 *   label: LabelDocument | null,
 * }} SheetDocument
 *   All that is needed to label one image. `label` is what is on record of it already.
 *
 * @typedef {{box: number[] | null, points: [number, number, boolean][], category: number}} PromptDocument
 *   Points are [x, y, whether on the object]. Category 0: the network says which.
 *
 * @typedef {{proposals: ProposalDocument[], model_version: string, uncalibrated: boolean}} PromptedDocument
 *
 * @typedef {{
 *   verdict: "accepted" | "modified" | "missed", proposal: string, edits: number | null, seconds: number | null,
 * }} OriginDocument
 *   `proposal` is "" where nothing had been proposed.
 *
 * @typedef {{category: number, mask: MaskDocument, crowd: boolean, origin: OriginDocument | null}} ObjectDocument
 *
 * @typedef {{
 *   model_version: string, rejected: {proposal: string, edits: number | null, seconds: number | null}[],
 * }} ReviewDocument
 *
 * @typedef {{objects: ObjectDocument[], review: ReviewDocument | null}} FullContent
 * @typedef {{boxes: {category: number, box: number[]}[]}} BoxesContent
 * @typedef {{points: {category: number, point: [number, number]}[]}} PointsContent
 * @typedef {{scribbles: {category: number, path: [number, number][]}[]}} ScribblesContent
 *   Category 0 is the ground.
 * @typedef {{counts: {category: number, count: number}[]}} CountsContent
 * @typedef {{categories: number[]}} ImageLevelContent
 * @typedef {{category: number}} OodContent
 *   0: the image holds none of the categories.
 *
 * @typedef {FullContent | BoxesContent | PointsContent | ScribblesContent | CountsContent | ImageLevelContent
 *   | OodContent} Content
 *
 * @typedef {{image: string, kind: Kind, content: Content, seconds: number | null, supersedes: string}} DraftDocument
 *
 * @typedef {{
 *   id: string, image: string, kind: Kind, content: Content, annotator: string, cost_s: number, charged_s: number,
 * }} LabelDocument
 */

export {};
