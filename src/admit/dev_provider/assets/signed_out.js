"use strict";
// Back to the app when each frame has loaded; a frame that hangs is not waited for.
const back = document.getElementById("back");
const leave = () => location.replace(back.href);
addEventListener("load", leave);
setTimeout(leave, 5000);
