// Sends the SAML response on at once; without it, the button does.
document.getElementById("post").submit();
