// Sends the logout message on at once; without this, the button does.
document.getElementById("post").submit();
