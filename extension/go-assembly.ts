/**
 * Makes Go assembly files `go.asm` where nobody else does. vscode-go claims every .s file for that language; without it
 * only files that look like Go's are taken, so that GNU assembly stays what it is.
 */
import * as vscode from 'vscode';

/** How far into a file the signs are looked for: behind a licence text, before the code gets long. */
const HEAD = 8192;

const GO_SIGNS = [
  /^\s*#include\s+"(textflag|funcdata|go_asm|go_tls|asm_[a-z0-9]+)\.h"/m,
  // TEXT ·name(SB), TEXT runtime·name<ABIInternal>(SB): the middle dot is Go's alone.
  /^\s*(TEXT|GLOBL|DATA)\s+[\w\u2215/.~]*\u00b7[\w\u00b7]+.*\(SB\)/m,
  /^\s*TEXT\s+[\w\u00b7\u2215/.~]+(<[\w]*>)?\(SB\)\s*,/m,
];

/** Languages that a .s file has when nobody knows better. */
const UNCLAIMED = new Set(['plaintext', 'asm', 'gas', 's', 'asm-collection', 'arm', 'mips']);

export function looksLikeGoAssembly(text: string): boolean {
  const head = text.slice(0, HEAD);
  return GO_SIGNS.some(sign => sign.test(head));
}

export function goAssemblyFiles(): vscode.Disposable[] {
  const claim = (document: vscode.TextDocument) => {
    if (!document.uri.path.endsWith('.s') || !UNCLAIMED.has(document.languageId)) return;
    if (looksLikeGoAssembly(document.getText(new vscode.Range(0, 0, 400, 0)))) {
      void vscode.languages.setTextDocumentLanguage(document, 'go.asm');
    }
  };
  for (const document of vscode.workspace.textDocuments) claim(document);
  return [vscode.workspace.onDidOpenTextDocument(claim)];
}
