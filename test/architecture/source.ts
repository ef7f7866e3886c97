/** TypeScript with its comments blanked out, line by line the same; strings and templates stay. */
export function withoutComments(text: string): string {
  let result = '';
  let at = 0;
  /** What the code is inside of: quotes, and templates' `${…}` with their depth of braces. */
  const inside: { quote?: string; braces: number }[] = [{ braces: 0 }];
  while (at < text.length) {
    const top = inside[inside.length - 1];
    const char = text[at];
    const two = text.slice(at, at + 2);
    if (top.quote) {
      if (char === '\\') {
        result += text.slice(at, at + 2);
        at += 2;
        continue;
      }
      if (char === top.quote || (char === '\n' && top.quote !== '`')) inside.pop();
      else if (top.quote === '`' && two === '${') {
        inside.push({ braces: 0 });
        result += two;
        at += 2;
        continue;
      }
    } else if (two === '//') {
      const end = text.indexOf('\n', at);
      at = end < 0 ? text.length : end;
      continue;
    } else if (two === '/*') {
      const end = text.indexOf('*/', at + 2);
      const comment = text.slice(at, end < 0 ? text.length : end + 2);
      result += comment.replace(/[^\n]/g, ' ');
      at += comment.length;
      continue;
    } else if (char === '/' && /[=(,:;!&|?{}[\n]\s*$|^\s*$|\breturn\s*$|=>\s*$/.test(result.slice(-20))) {
      // A regular expression, by what stands before it.
      const match = /^\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/.exec(text.slice(at));
      if (match) {
        result += match[0];
        at += match[0].length;
        continue;
      }
    } else if (char === "'" || char === '"' || char === '`') {
      inside.push({ quote: char, braces: 0 });
    } else if (char === '{') {
      top.braces++;
    } else if (char === '}') {
      if (top.braces === 0 && inside.length > 1) inside.pop();
      else top.braces--;
    }
    result += char;
    at++;
  }
  return result;
}
