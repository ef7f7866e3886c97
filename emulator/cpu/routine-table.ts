/** All routines by the name that lifts use. Their order is part of generated modules. */

import type { Routine } from './routines.ts';
import { control } from './routines-control.ts';
import { float } from './routines-float.ts';
import { string } from './routines-string.ts';
import { system } from './routines-system.ts';
import { wide } from './routines-wide.ts';

export const ROUTINES: Readonly<Record<string, Routine>> = { ...control, ...string, ...wide, ...system, ...float };
