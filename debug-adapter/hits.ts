/**
 * What must hold beside the place for a breakpoint to stop the program, and what a log point says instead of stopping.
 */
import { type Expression, ExpressionError, parseExpression } from './expression.ts';

export interface HitCondition {
  operator: '==' | '>=' | '>' | '<' | '<=' | '%';
  count: number;
}

/** `5` and `== 5`: the fifth time; `>= 5`: from then on; `% 5`: every fifth. Throws ExpressionError. */
export function parseHitCondition(text: string): HitCondition {
  const match = /^\s*(==|=|>=|>|<=|<|%)?\s*(\d{1,15})\s*$/.exec(text);
  const count = Number(match?.[2]);
  if (!match || (match[1] === '%' && count === 0))
    throw new ExpressionError(`A hit count is written 5, >= 5, < 5 or % 5, not ${JSON.stringify(text)}.`);
  const operator = match[1] === undefined || match[1] === '=' ? '==' : (match[1] as HitCondition['operator']);
  return { operator, count };
}

/** Whether the n-th hit (from 1) counts. */
export function hitCounts({ operator, count }: HitCondition, hit: number): boolean {
  switch (operator) {
    case '==':
      return hit === count;
    case '>=':
      return hit >= count;
    case '>':
      return hit > count;
    case '<':
      return hit < count;
    case '<=':
      return hit <= count;
    case '%':
      return hit % count === 0;
  }
}

/** Text with expressions in braces. */
export type LogMessage = (string | Expression)[];

/** `{…}` is evaluated; `{{` and `}}` stand for braces. Throws ExpressionError. */
export function parseLogMessage(text: string): LogMessage {
  const parts: LogMessage = [];
  let plain = '';
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if ((char === '{' || char === '}') && text[at + 1] === char) {
      plain += char;
      at++;
    } else if (char === '{') {
      const end = text.indexOf('}', at);
      if (end < 0) throw new ExpressionError('A { in the log message is never closed; {{ writes a brace.');
      if (plain !== '') parts.push(plain);
      plain = '';
      parts.push(parseExpression(text.slice(at + 1, end)));
      at = end;
    } else plain += char;
  }
  if (plain !== '') parts.push(plain);
  return parts;
}
