/**
 * Writes the parts of package.json that are declared elsewhere: the attributes of a launch configuration, from the rows
 * in the debug adapter's protocol. Run it by `npm run manifest`; a test says when it is due.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LAUNCH_ATTRIBUTES, type LaunchAttribute } from '../debug-adapter/protocol.ts';

const MANIFEST = fileURLToPath(new URL('../package.json', import.meta.url));

/** The manifest as it should be, from the manifest as it is. */
export function withGeneratedParts(manifest: string): string {
  const value = JSON.parse(manifest);
  const properties = Object.fromEntries(
    Object.entries<LaunchAttribute>(LAUNCH_ATTRIBUTES).map(([name, row]) => [
      name,
      { ...row.schema, ...(row.default === undefined ? {} : { default: row.default }), description: row.sentence },
    ]),
  );
  value.contributes.debuggers[0].configurationAttributes.launch.properties = properties;
  return `${JSON.stringify(value, null, 2)}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(MANIFEST, withGeneratedParts(readFileSync(MANIFEST, 'utf8')));
}
