/** `ring3 dap`, as a script of its own: the independent client starts "runtime script" and gives no further words. */
import { dap } from '../../cli/dap.ts';

process.exit(await dap({}, []));
