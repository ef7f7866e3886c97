/**
 * A small part of JSON Schema, read three ways: as the TypeScript type of a value, as the check of a value that came
 * from a client, and, unchanged, as the schema that VS Code's manifest wants for launch configurations.
 */

export type Schema =
  | { readonly type: 'string'; readonly enum?: readonly string[] }
  | { readonly type: 'boolean'; readonly enum?: readonly boolean[] }
  | { readonly type: 'integer'; readonly minimum?: number; readonly maximum?: number }
  | { readonly type: 'number'; readonly minimum?: number; readonly maximum?: number }
  | { readonly type: 'array'; readonly items: Schema }
  | { readonly type: 'object'; readonly additionalProperties: Schema }
  | {
      readonly type: 'object';
      readonly properties: { readonly [key: string]: Schema };
      readonly required?: readonly string[];
    }
  | { readonly anyOf: readonly Schema[] };

/** The TypeScript type of the values a schema admits. */
export type Of<S> = S extends { readonly anyOf: readonly (infer A)[] }
  ? Of<A>
  : S extends { readonly enum: readonly (infer E)[] }
    ? E
    : S extends { readonly type: 'string' }
      ? string
      : S extends { readonly type: 'boolean' }
        ? boolean
        : S extends { readonly type: 'integer' | 'number' }
          ? number
          : S extends { readonly type: 'array'; readonly items: infer I }
            ? Of<I>[]
            : S extends { readonly additionalProperties: infer V }
              ? { [key: string]: Of<V> }
              : S extends { readonly properties: infer P; readonly required: readonly (infer R)[] }
                ? { -readonly [K in keyof P as K extends R ? K : never]: Of<P[K]> } & {
                    -readonly [K in keyof P as K extends R ? never : K]?: Of<P[K]>;
                  }
                : S extends { readonly properties: infer P }
                  ? { -readonly [K in keyof P]?: Of<P[K]> }
                  : never;

/** What a schema admits, in words, for an error message. */
export function describe(schema: Schema): string {
  if ('anyOf' in schema) return schema.anyOf.map(describe).join(' or ');
  if ('enum' in schema && schema.enum) return schema.enum.map(value => JSON.stringify(value)).join(' or ');
  switch (schema.type) {
    case 'string':
      return 'a string';
    case 'boolean':
      return 'true or false';
    case 'integer':
    case 'number': {
      const kind = schema.type === 'integer' ? 'a whole number' : 'a number';
      if (schema.minimum !== undefined && schema.maximum !== undefined)
        return `${kind} from ${schema.minimum} to ${schema.maximum}`;
      return schema.minimum !== undefined ? `${kind} from ${schema.minimum} up` : kind;
    }
    case 'array':
      return `a list, each of it ${describe(schema.items)}`;
    case 'object':
      return 'properties' in schema
        ? `an object with ${Object.keys(schema.properties).join(', ')}`
        : `an object whose values are ${describe(schema.additionalProperties)}`;
  }
}

/** The first thing wrong with a value, as a sentence that names the place; undefined when it is admitted. */
export function check(schema: Schema, value: unknown, place: string): string | undefined {
  const wrong = () => `${place} must be ${describe(schema)}, not ${show(value)}`;
  if ('anyOf' in schema) {
    // A member of the right kind explains better than "none of these" does.
    const problems = schema.anyOf.map(member => check(member, value, place));
    if (problems.includes(undefined)) return undefined;
    const sameKind = schema.anyOf.findIndex(member => !('anyOf' in member) && member.type === kindOf(value));
    const member = schema.anyOf[sameKind];
    return member && !('anyOf' in member) && member.type === 'object' ? problems[sameKind] : wrong();
  }
  if ('enum' in schema && schema.enum) return (schema.enum as readonly unknown[]).includes(value) ? undefined : wrong();
  switch (schema.type) {
    case 'string':
    case 'boolean':
      return typeof value === schema.type ? undefined : wrong();
    case 'integer':
    case 'number':
      if (typeof value !== 'number' || !Number.isFinite(value)) return wrong();
      if (schema.type === 'integer' && !Number.isSafeInteger(value)) return wrong();
      return value < (schema.minimum ?? -Infinity) || value > (schema.maximum ?? Infinity) ? wrong() : undefined;
    case 'array':
      if (!Array.isArray(value)) return wrong();
      return first(value.map((item, index) => () => check(schema.items, item, `${place}[${index}]`)));
    case 'object': {
      if (kindOf(value) !== 'object') return wrong();
      const entries = Object.entries(value as object);
      if (!('properties' in schema))
        return first(
          entries.map(
            ([key, item]) =>
              () =>
                check(schema.additionalProperties, item, `${place}.${key}`),
          ),
        );
      const missing = (schema.required ?? []).find(key => !(key in (value as object)));
      if (missing !== undefined) return `${place} needs ${missing}`;
      return first(
        entries.map(([key, item]) => () => {
          const property = Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
          if (property) return check(property, item, `${place}.${key}`);
          return `${place} has no property ${JSON.stringify(key)}${suggestion(key, Object.keys(schema.properties))}`;
        }),
      );
    }
  }
}

function first(checks: (() => string | undefined)[]): string | undefined {
  for (const run of checks) {
    const problem = run();
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** `; did you mean "x"?` when a known name is near enough, else an empty string. */
export function suggestion(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  return near === undefined ? '' : `; did you mean ${JSON.stringify(near)}?`;
}

/** The known name with the smallest edit distance, if that is at most a third of the name's length (at least 2). */
export function nearest(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/** Levenshtein's distance with transpositions of neighbours (optimal string alignment). */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 40) return 40;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    before = last;
    last = row;
  }
  return last[b.length];
}
