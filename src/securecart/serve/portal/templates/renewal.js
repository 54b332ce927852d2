// Tells the portal's page, in whose hidden frame this one was loaded, how the
// renewal of its session went. The browser delivers it to our own origin only.
const { outcome } = document.getElementById("renewal").dataset;
if (window.parent !== window) {
  window.parent.postMessage({ securecart: outcome }, window.location.origin);
}
