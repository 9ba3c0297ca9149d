// What the pages need of the browser and Blazor does not give. Everything else is drawn by the server.
window.studio = {
  // Drafts of the new-study form survive refreshes, closed tabs and a restarted studio.
  readDraft: key => { try { return localStorage.getItem(key); } catch { return null; } },
  writeDraft: (key, text) => { try { localStorage.setItem(key, text); } catch { /* storage is full or forbidden: the page keeps its state */ } },
  dropDraft: key => { try { localStorage.removeItem(key); } catch { /* see above */ } },
  copy: text => navigator.clipboard?.writeText(text).then(() => true, () => false) ?? false,
};

// The skip link moves the focus on the page it is on; as a link it would leave for the base address.
document.addEventListener("click", event => {
  if (!event.target.closest?.("a.skip")) return;
  event.preventDefault();
  document.getElementById("main").focus();
}, true);

Blazor.registerCustomEventType("uploaded", { createEventArgs: () => ({}) });

// Uploads go over HTTP, not over the circuit: <form data-upload> posts itself, shows progress and the studio's own words about a refusal.
document.addEventListener("submit", event => {
  const form = event.target.closest("form[data-upload]");
  if (!form) return;
  event.preventDefault();
  const status = form.querySelector("[role=status]");
  const bar = form.querySelector("progress");
  const button = form.querySelector("button[type=submit]");
  const request = new XMLHttpRequest();
  const done = (text, failed) => {
    status.textContent = text;
    status.classList.toggle("problem", failed);
    bar.hidden = true;
    button.disabled = false;
  };
  request.upload.onprogress = e => { if (e.lengthComputable) { bar.max = e.total; bar.value = e.loaded; } };
  request.onload = () => {
    let answer = {};
    try { answer = JSON.parse(request.responseText); } catch { /* a refusal without a body */ }
    if (request.status >= 200 && request.status < 300) {
      done(`Uploaded ${answer.name ?? ""}.`, false);
      form.reset();
      form.dispatchEvent(new CustomEvent("uploaded", { bubbles: true }));
    } else done(answer.detail ?? answer.title ?? `The studio answered ${request.status}.`, true);
  };
  request.onerror = () => done("The studio could not be reached; nothing was uploaded.", true);
  bar.hidden = false;
  button.disabled = true;
  status.textContent = "Uploading…";
  request.open("POST", form.action);
  // The token goes ahead in a header, so that the server need not read the whole form to find it.
  const fields = new FormData(form);
  request.setRequestHeader("RequestVerificationToken", fields.get("__RequestVerificationToken") ?? "");
  request.setRequestHeader("Accept", "application/json");
  fields.delete("__RequestVerificationToken");
  request.send(fields);
});

// A restarted studio does not know this page's circuit any more: the page is loaded again as soon as the studio answers, and shows the state of now.
document.addEventListener("DOMContentLoaded", () => {
  const box = document.getElementById("components-reconnect-modal");
  if (!box) return;
  let waiting = false;
  const again = async () => {
    try {
      if ((await fetch("/health/ready", { cache: "no-store" })).ok) { location.reload(); return; }
    } catch { /* not there yet */ }
    setTimeout(again, 1000);
  };
  new MutationObserver(() => {
    const lost = box.classList.contains("components-reconnect-failed") || box.classList.contains("components-reconnect-rejected");
    if (lost && !waiting) { waiting = true; again(); }
  }).observe(box, { attributes: true, attributeFilter: ["class"] });
});
