/** How a command ends that cannot go on. */

export const EXIT = { failed: 125, notExecutable: 126, notFound: 127 } as const;

/** Ends the command with a code and a line on stderr. */
export class Exit extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}
