/**
 * Which source file of a program a path on this machine means. Binaries know their sources by the paths of the machine
 * that built them, by module path (`-trimpath`: `example.com/m@v1.2.3/x.go`, `fmt/print.go`) or by relative names, so
 * paths are compared component by component from their end.
 */

/** "." and ".." resolved, backslashes turned, module versions ("@v1.2.3") dropped. */
function components(path: string): string[] {
  const result: string[] = [];
  for (const part of path.replaceAll('\\', '/').split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && result.length > 0 && result[result.length - 1] !== '..') result.pop();
    else result.push(part.replace(/@v[^/]*$/, ''));
  }
  return result;
}

/**
 * The files among `files` that `wanted` names: an exact match, else the ones that share most trailing components.
 * Several are returned only when they are the same file under different names. `home` is the main module's path: of
 * equally good candidates the one in it wins.
 */
export function matchSourceFile(files: Iterable<string>, wanted: string, home: string | undefined): string[] {
  const want = components(wanted);
  const base = want[want.length - 1];
  if (base === undefined) return [];
  let best: { file: string; score: number; complete: boolean }[] = [];
  for (const file of files) {
    if (file === wanted) return [file];
    if (!file.endsWith(base)) continue;
    const have = components(file);
    let score = 0;
    while (
      score < want.length &&
      score < have.length &&
      have[have.length - 1 - score] === want[want.length - 1 - score]
    )
      score++;
    if (score === 0) continue;
    const candidate = { file, score, complete: score === have.length || score === want.length };
    const [top] = best;
    if (!top || score > top.score || (score === top.score && candidate.complete && !top.complete)) best = [candidate];
    else if (score === top.score && candidate.complete === top.complete) best.push(candidate);
  }
  if (best.length > 1 && home !== undefined) {
    const inside = best.filter(({ file }) => file.startsWith(`${home}/`) || file.startsWith('command-line-arguments/'));
    if (inside.length > 0) best = inside;
  }
  const distinct = new Set(best.map(({ file }) => components(file).join('/')));
  return distinct.size === 1 ? best.map(({ file }) => file) : [];
}

/** "." and ".." resolved, so that one file has one name. */
export function normalise(path: string): string {
  if (!path.includes('/.') && !path.startsWith('./')) return path;
  const out: string[] = [];
  for (const part of path.split('/')) {
    if (part === '.') continue;
    if (part === '..' && out.length > 0 && out[out.length - 1] !== '' && out[out.length - 1] !== '..') out.pop();
    else out.push(part);
  }
  return out.join('/');
}
