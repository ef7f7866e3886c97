/** Single flags and the flags byte: SDM volume 1, section 5.1.10. */
import { row } from './define.ts';
import type { Row } from './row.ts';

export const flags: readonly Row[] = [
  row('clc', 'Clears the carry flag.', { writes: 'c' }, [['F8', '']]),
  row('stc', 'Sets the carry flag.', { writes: 'c' }, [['F9', '']]),
  row('cmc', 'Inverts the carry flag.', { writes: 'c', reads: 'c' }, [['F5', '']]),
  row('cld', 'Clears the direction flag: string instructions go up.', { writes: 'd' }, [['FC', '']]),
  row('std', 'Sets the direction flag: string instructions go down.', { writes: 'd' }, [['FD', '']]),
  row('lahf', 'Loads AH with the sign, zero, adjust, parity and carry flags.', { reads: 'szapc' }, [['9F', '']]),
  row('sahf', 'Sets the sign, zero, adjust, parity and carry flags from AH.', { writes: 'szapc' }, [['9E', '']]),
];
