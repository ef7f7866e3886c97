/**
 * What a machine is like when nobody asks for anything else. It stands by itself because the launch configuration's schema,
 * which the editor loads without a machine, states it too.
 */
export const MACHINE_DEFAULTS = {
  uid: 1000,
  gid: 1000,
  seed: 1,
  clock: 'virtual',
  /** Bytes. */
  memoryLimit: 4 * 2 ** 30,
  cpus: 1,
  cpu: 'x86-64-v2',
  hostname: 'ring3',
} as const;
