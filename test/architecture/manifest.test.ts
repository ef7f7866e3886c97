import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { withGeneratedParts } from '../../scripts/manifest.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const text = readFileSync(join(root, 'package.json'), 'utf8');
const manifest = JSON.parse(text);

test('the launch attributes are those of the debug adapter', () => {
  expect(text === withGeneratedParts(text), 'run `npm run manifest`').toBe(true);
});

test('files that the manifest names are there', () => {
  const { grammars, languages } = manifest.contributes;
  const files = [...grammars, ...languages].flatMap(entry => [entry.path, entry.configuration]).filter(Boolean);
  for (const file of [...files, manifest.icon, manifest.bin.ring3].filter(Boolean)) {
    expect(existsSync(join(root, file)), file).toBe(true);
  }
});

test('every contributed command has a category and is registered', () => {
  const code = ['configuration.ts', 'syscall-breakpoints.ts', 'register-view.ts', 'single-thread.ts', 'activation.ts']
    .map(file => readFileSync(join(root, 'extension', file), 'utf8'))
    .join('\n');
  for (const { command, category } of manifest.contributes.commands) {
    expect(category, command).toBe('Ring 3');
    expect(code, command).toContain(`registerCommand('${command}'`);
  }
});
