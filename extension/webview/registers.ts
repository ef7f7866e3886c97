/**
 * The page of the register view. One row per register: its name, its value (marked when the last step changed it), what
 * it means *here*, and what it is for in Linux's syscall ABI and in Go's. Registers that have a role here come first.
 *
 * A row is a grid that has five columns where there is room and folds into lines in a narrow side bar.
 */
import '@vscode-elements/elements/dist/vscode-badge/index.js';
import '@vscode-elements/elements/dist/vscode-icon/index.js';
import '@vscode-elements/elements/dist/vscode-toolbar-button/index.js';
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { RegistersResponse, RegisterView } from '../../debug-adapter/protocol.ts';
import type { FromView, ToView, ViewState } from './messages.ts';
import { styles } from './registers.styles.ts';

declare function acquireVsCodeApi(): {
  postMessage(message: FromView): void;
  getState(): ViewState | undefined;
  setState(state: ViewState): void;
};

const vscode = acquireVsCodeApi();

interface Group {
  id: string;
  title: string;
  rows: RegisterView[];
}

class Ring3Registers extends LitElement {
  static override styles = styles;
  static override properties = {
    shown: { state: true },
    state: { state: true },
    settings: { state: true },
    announcement: { state: true },
  };

  /** What is on the screen; stays there, dimmed, while the program runs. */
  declare shown: RegistersResponse | undefined;
  declare state: 'none' | 'stopped' | 'running' | { problem: string };
  declare settings: { names: ViewState['names']; open: string[] };
  declare announcement: string;

  /** Values of this stop and of the one before, by register, for "was". */
  #values: { stop: number; now: Map<string, string>; before: Map<string, string> } = {
    stop: -1,
    now: new Map(),
    before: new Map(),
  };

  constructor() {
    super();
    const saved = vscode.getState();
    this.settings = { names: saved?.names ?? 'go', open: saved?.open ?? ['here', 'general'] };
    this.shown = undefined;
    this.state = 'none';
    this.announcement = '';
    if (saved?.last) this.#take(saved.last, true);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener('message', this.#message);
    vscode.postMessage({ is: 'ready' });
  }

  override disconnectedCallback(): void {
    window.removeEventListener('message', this.#message);
    super.disconnectedCallback();
  }

  #message = (event: MessageEvent<ToView>) => {
    this.#take(event.data, false);
    this.#save(event.data);
  };

  #take(message: ToView, restored: boolean): void {
    switch (message.is) {
      case 'registers':
        if (message.stop !== this.#values.stop) {
          const now = new Map(message.registers.registers.map(row => [row.name, row.value]));
          this.#values = { stop: message.stop, now, before: this.#values.now };
        }
        this.shown = message.registers;
        this.state = restored ? 'running' : 'stopped';
        if (!restored) this.announcement = announce(message.registers);
        break;
      case 'running':
        this.state = 'running';
        break;
      case 'none':
        this.shown = undefined;
        this.state = 'none';
        break;
      case 'problem':
        this.state = { problem: message.message };
    }
  }

  #save(last?: ToView): void {
    vscode.setState({ ...this.settings, last: last ?? vscode.getState()?.last });
  }

  protected override updated(changed: PropertyValues): void {
    // One row is in the tab order; arrows move from there.
    const rows = this.#rows();
    if (changed.has('shown') && rows.length > 0 && !rows.some(row => row.tabIndex === 0)) rows[0].tabIndex = 0;
  }

  protected override render(): TemplateResult {
    return html`
      <div class="live" role="status" aria-live="polite">${this.announcement}</div>
      ${typeof this.state === 'object' ? html`<p class="problem" role="alert">${this.state.problem}</p>` : nothing}
      ${this.shown ? this.#stop(this.shown) : this.#empty()}
    `;
  }

  #empty(): TemplateResult {
    return html`<div class="empty">
      <p>${this.state === 'running' ? 'The program runs.' : 'No program runs under Ring 3.'}</p>
      <p class="muted">
        At a stop, every register is here with its value and what it means at that instruction: in Linux's syscall ABI and
        in Go's.
      </p>
      <button class="link" @click=${() => vscode.postMessage({ is: 'break-on-syscall' })}>Break on a syscall…</button>
    </div>`;
  }

  #stop(view: RegistersResponse): TemplateResult {
    const running = this.state === 'running';
    return html`<main class=${running ? 'running' : ''} aria-busy=${running}>
      <header>
        <div class="where">
          ${headline(view.headline)}
          <vscode-toolbar-button
            class="names"
            label=${this.settings.names === 'go' ? "Names as in Go's assembler; switch to the manual's" : "Names as in the manual; switch to Go's"}
            title=${this.settings.names === 'go' ? "Names as in Go's assembler" : 'Names as in the manual'}
            @click=${this.#switchNames}
            >${this.settings.names === 'go' ? 'Go' : 'Manual'}</vscode-toolbar-button
          >
        </div>
        <div class="instruction">
          <code>${view.instruction}</code>
          <vscode-badge>${view.convention}</vscode-badge>
        </div>
        ${view.call ? this.#call(view.call) : nothing}
      </header>
      ${groups(view).map(group => this.#group(group))}
    </main>`;
  }

  /** Whose roles hold at this instruction. */
  get #convention(): 'linux' | 'go' {
    return /^linux/i.test(this.shown?.convention ?? '') ? 'linux' : 'go';
  }

  #call(call: NonNullable<RegistersResponse['call']>): TemplateResult {
    const failed = call.result?.startsWith('-1 ');
    return html`<div class="call ${call.when}" aria-label=${`system call ${call.name}, number ${call.number}`}>
      <vscode-icon name=${call.when === 'enter' ? 'arrow-right' : failed ? 'error' : 'arrow-left'} size="14"></vscode-icon>
      <code>${colour(call.text)}</code>
      <span class="when">
        ${call.when === 'enter' ? 'about to enter the kernel' : failed ? 'the kernel refused' : 'back from the kernel'}
      </span>
    </div>`;
  }

  #group(group: Group): TemplateResult {
    const open = this.settings.open.includes(group.id);
    return html`<details
      id=${`group-${group.id}`}
      ?open=${open}
      @toggle=${(event: Event) => this.#toggle(group.id, (event.target as HTMLDetailsElement).open)}
    >
      <summary>
        <vscode-icon name="chevron-right" size="16"></vscode-icon>
        <span>${group.title}</span>
        <span class="count">${group.rows.length}</span>
      </summary>
      ${
        open
          ? html`<div class="table" role="table" aria-label=${group.title}>
            <div class="row head" role="row">
              <span role="columnheader">Register</span>
              <span role="columnheader">Value</span>
              <span role="columnheader">Here</span>
              <span role="columnheader">Linux syscall</span>
              <span role="columnheader">Go</span>
            </div>
            ${group.rows.map(row => this.#row(row))}
          </div>`
          : nothing
      }
    </details>`;
  }

  #row(row: RegisterView): TemplateResult {
    const name = this.#name(row);
    const was = row.changed ? this.#values.before.get(row.name) : undefined;
    const hint = row.here ? `${row.here.role} — ${SURE[row.here.sure]}: ${row.here.why}` : '';
    const linux = this.#convention === 'linux';
    return html`<div
      class="row ${row.here ? 'has-role' : ''} ${row.changed ? 'changed' : ''}"
      role="row"
      tabindex="-1"
      data-register=${row.name}
      @keydown=${(event: KeyboardEvent) => this.#key(event, row)}
      @focus=${this.#focused}
    >
      <span class="name" role="rowheader" title=${row.goName ? `${row.name} (${row.goName} in Go's assembler)` : row.name}>${name}</span>
      <span class="value" role="cell" title=${was === undefined ? '' : `was ${was} at the last stop`}>
        <code>${row.value}</code>${row.changed ? html`<span class="sr">, changed${was ? `, was ${was}` : ''}</span>` : nothing}
      </span>
      <span class="here ${row.here?.sure ?? ''} ${row.here && IDLE.test(row.here.role) ? 'idle' : ''}" role="cell" title=${hint}>
        ${
          row.here
            ? html`<b>${row.here.role}</b>${row.here.sure === 'likely' ? html`<i class="likely">likely</i>` : nothing}
            ${row.decoded ? html`<code class="decoded">${colour(row.decoded)}</code>` : nothing}`
            : nothing
        }
        ${row.text && row.text !== row.value && row.text !== row.decoded ? html`<span class="text">${row.text}</span>` : nothing}
      </span>
      <span class="roles" role="presentation">
        <span class="role linux ${row.here && linux ? 'holds' : ''} ${row.syscallRole ? '' : 'no'}" role="cell">${row.syscallRole || NO_ROLE}</span>
        <span class="role go ${row.here && !linux ? 'holds' : ''} ${row.goRole ? '' : 'no'}" role="cell">${row.goRole || NO_ROLE}</span>
      </span>
      <span class="actions">
        ${
          row.memoryReference
            ? html`<vscode-toolbar-button
              icon="file-binary"
              label=${`Show the memory that ${name} points to`}
              title="Show the memory it points to"
              tabindex="-1"
              @click=${() => this.#memory(row)}
            ></vscode-toolbar-button>`
            : nothing
        }
        <vscode-toolbar-button
          icon="copy"
          label=${`Copy the value of ${name}`}
          title="Copy the value"
          tabindex="-1"
          @click=${() => vscode.postMessage({ is: 'copy', text: row.value })}
        ></vscode-toolbar-button>
      </span>
    </div>`;
  }

  #name(row: RegisterView): string {
    // Some registers have no name in Go's assembler.
    return (this.settings.names === 'go' && row.goName) || row.name.toUpperCase();
  }

  #switchNames = () => {
    this.settings = { ...this.settings, names: this.settings.names === 'go' ? 'manual' : 'go' };
    this.#save();
  };

  #toggle(id: string, open: boolean): void {
    if (this.settings.open.includes(id) === open) return;
    const others = this.settings.open.filter(other => other !== id);
    this.settings = { ...this.settings, open: open ? [...others, id] : others };
    this.#save();
  }

  #memory(row: RegisterView): void {
    if (row.memoryReference) vscode.postMessage({ is: 'memory', memoryReference: row.memoryReference });
  }

  #rows(): HTMLElement[] {
    return [...this.renderRoot.querySelectorAll<HTMLElement>('[data-register]')];
  }

  #focused = (event: Event) => {
    for (const row of this.#rows()) row.tabIndex = row === event.currentTarget ? 0 : -1;
  };

  #key(event: KeyboardEvent, row: RegisterView): void {
    const rows = this.#rows();
    const at = rows.indexOf(event.currentTarget as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (to !== undefined) rows[Math.max(0, Math.min(rows.length - 1, to))].focus();
    else if (event.key === 'Enter') this.#memory(row);
    else if (event.key === 'c' && (event.ctrlKey || event.metaKey) && !getSelection()?.toString())
      vscode.postMessage({ is: 'copy', text: row.value });
    else return;
    event.preventDefault();
  }
}

/** Roles that say that nothing of interest is there. */
const IDLE = /^(unused|free|scratch|clobbered|((was|will be) )?overwritten)/i;

const NO_ROLE = html`<span class="sr">no role</span>`;

const SURE = { certain: 'certain', computed: 'computed', likely: 'likely' } as const;

/** Registers with a role here first, a call's in the order of its arguments; then the others by kind. */
function groups(view: RegistersResponse): Group[] {
  const order = new Map(view.call?.args.map((arg, index) => [arg.register, index]));
  const rank = (row: RegisterView) => {
    const place = order.get(row.name) ?? order.get(row.goName);
    return place === undefined ? (row.decoded ? -1 : 100) : place;
  };
  const general = view.registers.filter(row => row.group === 'general' || row.here);
  const here = general.filter(row => row.here).sort((a, b) => rank(a) - rank(b));
  const rest = (kinds: RegisterView['group'][]) => view.registers.filter(row => !row.here && kinds.includes(row.group));
  return [
    { id: 'here', title: 'In use here', rows: here },
    { id: 'general', title: here.length > 0 ? 'Other registers' : 'Registers', rows: rest(['general', 'pc', 'flags']) },
    { id: 'vector', title: 'Vector', rows: rest(['vector']) },
    { id: 'system', title: 'Segment and control', rows: rest(['segment', 'control']) },
  ].filter(group => group.rows.length > 0);
}

/** "pkg/path.Function  file.go:7": the function stands out, its package and the place step back. */
function headline(text: string): TemplateResult {
  const [name, ...place] = text.split(/ {2,}/);
  const cut = name.lastIndexOf('/') + 1;
  return html`<h1 class="headline">
    <span class="package">${name.slice(0, cut)}</span><b>${name.slice(cut)}</b>
    <span class="place">${place.join('  ')}</span>
  </h1>`;
}

function announce(view: RegistersResponse): string {
  const changed = view.registers.filter(row => row.changed).map(row => row.goName || row.name);
  const what = view.call ? view.call.text : view.instruction;
  return `${view.headline}: ${what}. ${changed.length > 0 ? `Changed: ${changed.join(', ')}.` : ''}`;
}

/** Strings, numbers and names of a call in the debugger's colours. */
function colour(text: string): TemplateResult[] {
  const parts =
    text.match(/"(?:[^"\\]|\\.)*"(?:\.\.\.)?|-?\b0x[0-9a-f]+\b|-?\b\d+\b|[A-Z][A-Z0-9_]{2,}|[^"A-Z\d-]+|./g) ?? [];
  return parts.map(part => {
    const kind = part.startsWith('"')
      ? 'string'
      : /^-?\d/.test(part)
        ? 'number'
        : /^[A-Z]{2}/.test(part)
          ? 'constant'
          : '';
    return kind ? html`<span class=${kind}>${part}</span>` : html`${part}`;
  });
}

customElements.define('ring3-registers', Ring3Registers);
