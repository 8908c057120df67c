// Runs before the first paint, so that nobody sees the other colours flash. No module: those wait for the document.
(() => {
  try {
    const chosen = localStorage.getItem("maskloop.theme");
    if (chosen === "light" || chosen === "dark") {
      document.documentElement.dataset.theme = chosen;
    }
  } catch {
    // Storage is refused: the system's colours.
  }
})();
