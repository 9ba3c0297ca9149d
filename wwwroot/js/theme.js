// Runs before the first paint: the theme is a cookie that the server reads too; this file only switches it.
(() => {
  const media = { light: ["all", "not all"], dark: ["not all", "all"], system: ["(prefers-color-scheme: light)", "(prefers-color-scheme: dark)"] };
  const mark = () => {
    const theme = document.documentElement.dataset.theme || "system";
    for (const button of document.querySelectorAll("[data-set-theme]"))
      button.setAttribute("aria-pressed", String(button.dataset.setTheme === theme));
  };
  document.addEventListener("click", event => {
    const button = event.target.closest?.("[data-set-theme]");
    if (!button) return;
    const theme = button.dataset.setTheme;
    document.documentElement.dataset.theme = theme;
    document.getElementById("theme-light").media = media[theme][0];
    document.getElementById("theme-dark").media = media[theme][1];
    document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=strict`;
    mark();
  });
  document.addEventListener("DOMContentLoaded", () => {
    mark();
    // Blazor redraws the header when the circuit starts; the pressed state is put back.
    new MutationObserver(mark).observe(document.body, { childList: true, subtree: true });
  });
})();
