/** Looks of the register view: VS Code's own colours and fonts, so that it fits every theme, high contrast included. */
import { css } from 'lit';

export const styles = css`
  :host {
    display: block;
    container-type: inline-size;
    color: var(--vscode-foreground);
    font-family: var(--vscode-font-family);
    font-size: var(--vscode-font-size);
    line-height: 18px;
    --mono: var(--vscode-editor-font-family, monospace);
    --muted: var(--vscode-descriptionForeground);
    --accent: var(--vscode-charts-blue, var(--vscode-textLink-foreground));
  }
  code {
    font-family: var(--mono);
    font-size: calc(var(--vscode-editor-font-size, 12px) * 0.95);
  }
  main.running {
    opacity: 0.55;
  }
  .live,
  .sr {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .empty {
    padding: 8px 20px;
  }
  .empty p {
    margin: 0 0 8px;
  }
  .muted {
    color: var(--muted);
  }
  .problem {
    margin: 8px 12px;
    color: var(--vscode-errorForeground);
  }
  button.link {
    border: 0;
    padding: 0;
    background: none;
    font: inherit;
    color: var(--vscode-textLink-foreground);
    cursor: pointer;
  }
  button.link:hover {
    text-decoration: underline;
  }
  :focus-visible {
    outline: 1px solid var(--vscode-focusBorder);
    outline-offset: -1px;
  }

  header {
    padding: 6px 12px 8px;
    display: grid;
    gap: 4px;
  }
  .where,
  .instruction {
    display: flex;
    align-items: center;
    gap: 8px;
    min-width: 0;
  }
  .where {
    justify-content: space-between;
  }
  .headline {
    margin: 0;
    font: inherit;
    overflow-wrap: anywhere;
  }
  .headline b {
    font-weight: 600;
  }
  .headline .package,
  .headline .place {
    color: var(--muted);
  }
  .names {
    flex: none;
  }
  .instruction {
    flex-wrap: wrap;
  }
  .instruction code {
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }

  .call {
    display: grid;
    grid-template-columns: auto 1fr;
    gap: 0 6px;
    padding: 2px 8px;
    margin-top: 2px;
    border-left: 3px solid var(--accent);
  }
  .call.exit {
    border-left-color: var(--vscode-charts-green, var(--accent));
  }
  .call vscode-icon {
    margin-top: 2px;
    color: var(--accent);
  }
  .call code {
    overflow-wrap: anywhere;
    white-space: pre-wrap;
  }
  .call .when {
    grid-column: 2;
    color: var(--muted);
    font-size: 0.92em;
  }
  .string {
    color: var(--vscode-debugTokenExpression-string);
  }
  .number {
    color: var(--vscode-debugTokenExpression-number);
  }
  .constant {
    color: var(--vscode-debugTokenExpression-name);
  }

  summary {
    display: flex;
    align-items: center;
    gap: 2px;
    height: 22px;
    padding: 0 8px 0 2px;
    cursor: pointer;
    list-style: none;
    font-weight: 700;
    font-size: 11px;
    text-transform: uppercase;
    border-top: 1px solid var(--vscode-sideBarSectionHeader-border, transparent);
    background: var(--vscode-sideBarSectionHeader-background);
    color: var(--vscode-sideBarSectionHeader-foreground);
    user-select: none;
  }
  summary::-webkit-details-marker {
    display: none;
  }
  details[open] > summary vscode-icon {
    transform: rotate(90deg);
  }
  .count {
    margin-left: auto;
    font-weight: 400;
    color: var(--muted);
  }

  .row {
    position: relative;
    display: grid;
    grid-template-columns: 3.2em minmax(0, 8.9em) minmax(0, 1fr);
    gap: 0 6px;
    padding: 3px 8px 3px 10px;
    align-items: baseline;
    border-left: 2px solid transparent;
  }
  .row.has-role {
    border-left-color: var(--accent);
  }
  .row:hover {
    background: var(--vscode-list-hoverBackground);
    color: var(--vscode-list-hoverForeground);
  }
  .row.head {
    display: none;
  }
  .name {
    font-family: var(--mono);
    color: var(--vscode-debugTokenExpression-name);
    font-weight: 600;
    white-space: nowrap;
  }
  .row:not(.has-role) .name {
    font-weight: 400;
  }
  .value {
    overflow-wrap: anywhere;
    min-width: 0;
  }
  .value code {
    color: var(--vscode-debugTokenExpression-number);
    border-radius: 2px;
  }
  .changed .value code {
    /* The debugger's own colour for a value that has just changed, here as a marker pen. */
    background: var(--vscode-debugView-valueChangedHighlight);
    color: var(--vscode-foreground);
    box-shadow: 0 0 0 2px var(--vscode-debugView-valueChangedHighlight);
  }
  .text {
    color: var(--muted);
  }
  .has-role .text {
    display: block;
  }
  .here {
    overflow-wrap: anywhere;
    min-width: 0;
  }
  .here b {
    color: var(--accent);
    font-weight: 600;
  }
  .here.idle b {
    color: var(--muted);
    font-weight: 400;
  }
  .here.idle,
  .here:has(> .text:only-child) {
    grid-column: 2 / -1;
  }
  .here .decoded {
    margin-left: 6px;
    white-space: pre-wrap;
  }
  .here.likely b {
    font-weight: 400;
    text-decoration: underline dotted;
    text-underline-offset: 3px;
  }
  .likely {
    margin-left: 6px;
    color: var(--muted);
  }
  .roles {
    grid-column: 2 / -1;
    font-size: 0.9em;
    line-height: 15px;
    color: var(--muted);
  }
  .role {
    display: inline-block;
    margin-right: 8px;
  }
  .role.no {
    display: none;
  }
  .role.holds {
    color: var(--vscode-foreground);
  }
  .role.linux::before {
    content: 'Linux: ';
  }
  .role.go::before {
    content: 'Go: ';
  }
  .actions {
    position: absolute;
    top: 1px;
    right: 6px;
    display: none;
    background: var(--vscode-sideBar-background);
    border-radius: 4px;
  }
  .row:hover .actions,
  .row:focus-within .actions {
    display: flex;
  }

  /* Room for a table: one line a register. */
  @container (min-width: 620px) {
    .row {
      grid-template-columns: 3.2em minmax(11em, 1.2fr) minmax(8em, 1.6fr) minmax(6em, 1fr) minmax(6em, 1fr);
    }
    .row.head {
      display: grid;
      color: var(--muted);
      font-size: 0.92em;
    }
    .role {
      color: var(--muted);
    }
    .roles {
      display: contents;
    }
    .here.idle,
    .here:has(> .text:only-child) {
      grid-column: auto;
    }
    .role {
      margin: 0;
      font-size: 0.95em;
    }
    .role.no {
      display: block;
    }
    .role.linux::before,
    .role.go::before {
      content: none;
    }
  }

  @media (forced-colors: active) {
    .changed .value code {
      outline: 1px dashed;
    }
  }
`;
