// Numbers as people read them. Pure: tested without a browser. `maskloop.pages.wording` says them alike.

/** @type {Record<string, string>} */
const KINDS = {
  image_level: "image-level labels",
  counts: "counts",
  points: "points",
  scribbles: "scribbles",
  boxes: "boxes",
  full: "full masks",
  ood_check: "OoD checks",
};

/** @type {Record<string, string>} */
const MEASURES = { pq: "panoptic quality", ap50: "AP50", mean_iou: "mean IoU", ap: "AP" };

/** @type {Record<string, string>} */
const WORK = {
  train: "Train",
  score: "Score the pool",
  evaluate: "Measure",
  prepare: "Rank the pool",
  classify: "Classify",
};

/** @param {string} kind */
export const kindName = (kind) => KINDS[kind] ?? kind.replaceAll("_", " ");

/** @param {string} measure */
export const measureName = (measure) => MEASURES[measure] ?? measure;

/** @param {string} kind */
export const workName = (kind) => WORK[kind] ?? kind;

/** @param {string} text */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/**
 * `45 s`, `2 min 38 s`, `38 min`, `3 h 2 min`: two units at most, seconds only below ten minutes.
 *
 * @param {number} seconds
 */
export function time(seconds) {
  const whole = Math.round(seconds);
  if (whole < 60) {
    return `${whole} s`;
  }
  if (whole < 600) {
    return two(whole, 60, "min", "s");
  }
  return two(Math.round(seconds / 60), 60, "h", "min");
}

/**
 * @param {number} amount
 * @param {number} base
 * @param {string} large
 * @param {string} small
 */
function two(amount, base, large, small) {
  /** @type {[number, string][]} */
  const parts = [
    [Math.floor(amount / base), large],
    [amount % base, small],
  ];
  return parts
    .filter(([number]) => number)
    .map(([number, unit]) => `${number} ${unit}`)
    .join(" ");
}

/**
 * `1 image`, `2,400 images`.
 *
 * @param {number} number
 * @param {string} thing
 */
export const count = (number, thing) => `${number.toLocaleString("en")} ${thing}${number === 1 ? "" : "s"}`;

/**
 * A number in [0, 1]; a dash for what nobody measured.
 *
 * @param {number | null | undefined} value
 * @param {number} digits
 */
export const share = (value, digits = 3) => (value === null || value === undefined ? "–" : value.toFixed(digits));

/**
 * How long until or since: `in 12 min`, `2 h ago`.
 *
 * @param {number} at
 * @param {number} now
 */
export function fromNow(at, now) {
  const seconds = at - now;
  if (Math.abs(seconds) < 1) {
    return "now";
  }
  return seconds > 0 ? `in ${coarse(seconds)}` : `${coarse(-seconds)} ago`;
}

/**
 * The larger of two units alone.
 *
 * @param {number} seconds
 */
function coarse(seconds) {
  if (seconds < 60) {
    return `${Math.round(seconds)} s`;
  }
  if (seconds < 3600) {
    return `${Math.round(seconds / 60)} min`;
  }
  if (seconds < 2 * 86_400) {
    return `${Math.round(seconds / 3600)} h`;
  }
  return `${Math.round(seconds / 86_400)} days`;
}

/**
 * A moment by this machine's clock; the year where it is another.
 *
 * @param {number | null} at
 */
export function moment(at) {
  if (at === null) {
    return "–";
  }
  const then = new Date(at * 1000);
  /** @type {Intl.DateTimeFormatOptions} */
  const day = { month: "short", day: "numeric" };
  if (then.getFullYear() !== new Date().getFullYear()) {
    day.year = "numeric";
  }
  return then.toLocaleString("en-GB", { ...day, hour: "2-digit", minute: "2-digit" });
}

/**
 * A strategy as a sentence has it: `mask_guided:target=0.5` is `mask-guided (target 0.5)`.
 *
 * @param {string} strategy
 */
export function strategyName(strategy) {
  const [name = "", options = ""] = strategy.split(/:(.*)/s);
  const words = options.replaceAll("=yes", "").replaceAll("_", " ").replaceAll("=", " ").replaceAll(",", ", ");
  return `${name.replaceAll("_", "-")}${words ? ` (${words})` : ""}`;
}

/** @type {Readonly<Record<string, string>>} */
export const ACTIONS = {
  SubmitLabels: "Labeled or corrected",
  SkipImage: "Passed over",
  ReleaseBatch: "Gave back",
  ImportImages: "Imported images",
  CreateProject: "Made the project",
  AddCategories: "Added classes",
  CreateCampaign: "Made a campaign",
  UpdateCampaignBudget: "Changed a budget",
  TrainModel: "Trained",
  ScorePool: "Scored the pool",
  EvaluateModel: "Measured",
  PrepareSelection: "Ranked the pool",
  TrainClassifier: "Trained a classifier",
  ExportPseudoLabels: "Made pseudo-labels",
  ImportScores: "Imported scores",
  ActivateModel: "Activated a network",
  RollbackModel: "Rolled back",
  ThinModels: "Removed files of networks",
  CancelOperation: "Stopped long work",
  DeleteOperation: "Removed long work",
  SelectBatch: "Began a campaign",
  CreateToken: "Made a token",
  WithdrawToken: "Withdrew a token",
};

/**
 * What was done, as a person says it; a method that is not known here by its name.
 *
 * @param {{action: string, subjects: Record<string, string>}} entry
 */
export function actionName({ action, subjects }) {
  if (action === "SubmitLabels") {
    return subjects.corrected ? "Corrected" : "Labeled";
  }
  return ACTIONS[action] ?? action.replaceAll(/(?<!^)([A-Z])/g, " $1");
}

/**
 * Who did it; leads may hand in under another's name.
 *
 * @param {{name: string, annotator: string}} entry
 */
export function whoDid({ name, annotator }) {
  if (!name) {
    return annotator || "without a token";
  }
  return annotator && annotator !== name ? `${name}, for ${annotator}` : name;
}
