import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { SessionKeeper } from "./session/keeper";
import "./style.css";

const root = document.getElementById("root");
if (!root) throw new Error("the page has no root element");
createRoot(root).render(
  <StrictMode>
    <App keeper={new SessionKeeper()} />
  </StrictMode>,
);
