/** All routines by the name that lifts use. Their order is part of generated modules. */

import type { Routine } from './routines.ts';
import { control } from './routines-control.ts';
import { float } from './routines-float.ts';
import { segment } from './routines-segment.ts';
import { state } from './routines-state.ts';
import { string } from './routines-string.ts';
import { system } from './routines-system.ts';
import { vector } from './routines-vector.ts';
import { wide } from './routines-wide.ts';
import { x87 } from './routines-x87.ts';

export const ROUTINES: Readonly<Record<string, Routine>> = {
  ...control,
  ...state,
  ...string,
  ...segment,
  ...wide,
  ...system,
  ...float,
  ...vector,
  ...x87,
};
