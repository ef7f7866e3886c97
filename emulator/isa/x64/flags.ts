/** Single flags and the flags byte: SDM volume 1, section 5.1.10. */
import { row } from './define.ts';
import type { Row } from './row.ts';

export const flags: readonly Row[] = [
  row('clc', 'Clears the carry flag.', { writes: 'c' }, [['F8', '']], e => e.setFlags({ c: e.const32(0) })),
  row('stc', 'Sets the carry flag.', { writes: 'c' }, [['F9', '']], e => e.setFlags({ c: e.const32(1) })),
  row('cmc', 'Inverts the carry flag.', { writes: 'c', reads: 'c' }, [['F5', '']], e =>
    e.setFlags({ c: e.eqz(e.flag('c')) }),
  ),
  row('cld', 'Clears the direction flag: string instructions go up.', { writes: 'd' }, [['FC', '']], e =>
    e.routine('cld'),
  ),
  row('std', 'Sets the direction flag: string instructions go down.', { writes: 'd' }, [['FD', '']], e =>
    e.routine('std'),
  ),
  row('lahf', 'Loads AH with the sign, zero, adjust, parity and carry flags.', { reads: 'szapc' }, [['9F', '']], e =>
    e.routine('lahf'),
  ),
  row('sahf', 'Sets the sign, zero, adjust, parity and carry flags from AH.', { writes: 'szapc' }, [['9E', '']], e =>
    e.routine('sahf'),
  ),
];
