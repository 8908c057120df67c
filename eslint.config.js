// What types do not see. Names that are not there are TypeScript's to find, as it knows the page from node.

const RULES = {
  "array-callback-return": "error",
  complexity: ["error", 12],
  curly: "error",
  eqeqeq: "error",
  "max-depth": ["error", 4],
  "max-len": ["error", 120],
  "max-lines": ["error", 300],
  "max-lines-per-function": ["error", { max: 60, skipComments: true }],
  "max-params": ["error", 5],
  "no-await-in-loop": "off", // what has an order is awaited in it
  "no-console": "error",
  "no-constant-binary-expression": "error",
  "no-dupe-else-if": "error",
  "no-else-return": "error",
  "no-empty": "error",
  "no-eval": "error",
  "no-implied-eval": "error",
  "no-new-func": "error",
  "no-param-reassign": "error",
  "no-promise-executor-return": "error",
  "no-script-url": "error",
  "no-self-compare": "error",
  "no-shadow": "error",
  "no-throw-literal": "error",
  "no-unused-expressions": ["error", { allowShortCircuit: true }],
  "no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_", ignoreRestSiblings: true }],
  "no-useless-return": "error",
  "no-var": "error",
  "object-shorthand": "error",
  "prefer-const": "error",
  "prefer-template": "error",
};

// The page shows names that people chose. They are set as text, and never read as HTML.
const NO_HTML = [
  { property: "innerHTML" },
  { property: "outerHTML" },
  { property: "insertAdjacentHTML" },
  { object: "document", property: "write" },
].map((what) => ({ ...what, message: "Set text, or make elements: names are not HTML." }));

export default [
  { ignores: [".venv/", "runs/"] },
  {
    files: ["clients/maskloop/web/static/**/*.js", "tests/web/js/**/*.js", "eslint.config.js"],
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: { ...RULES, "no-restricted-properties": ["error", ...NO_HTML] },
  },
  {
    files: ["tests/web/js/**/*.js"],
    rules: { "max-lines-per-function": "off" },
  },
];
