/** Calls on clocks and timers. One row a call, see row.ts. */
import * as flags from '../flags.ts';
import { sys } from '../row.ts';
import * as structs from '../structs.ts';
import { bits, FD, given, INT, LONG, oneOf, UINT, updated, written } from '../types.ts';

export const TIME = {
  time: sys({ amd64: 201 }, { tloc: written(LONG) }, 'Gives seconds since 1970.', ['clock']),
  gettimeofday: sys(
    { amd64: 96, arm64: 169 },
    { tv: written(structs.TIMEVAL), tz: written(structs.TIMEZONE) },
    'Gives the time in microseconds.',
    ['clock'],
  ),
  settimeofday: sys(
    { amd64: 164, arm64: 170 },
    { tv: given(structs.TIMEVAL), tz: given(structs.TIMEZONE) },
    'Sets the time.',
    ['clock'],
  ),
  adjtimex: sys({ amd64: 159, arm64: 171 }, { txc_p: updated(structs.TIMEX) }, "Tunes the kernel's clock.", ['clock']),
  clock_adjtime: sys(
    { amd64: 305, arm64: 266 },
    { which_clock: oneOf(flags.CLOCK, 'CLOCK_???'), utx: updated(structs.TIMEX) },
    'Tunes a clock.',
    ['clock'],
  ),
  clock_gettime: sys(
    { amd64: 228, arm64: 113 },
    { which_clock: oneOf(flags.CLOCK, 'CLOCK_???'), tp: written(structs.TIMESPEC) },
    'Reads a clock.',
    ['clock'],
  ),
  clock_settime: sys(
    { amd64: 227, arm64: 112 },
    { which_clock: oneOf(flags.CLOCK, 'CLOCK_???'), tp: given(structs.TIMESPEC) },
    'Sets a clock.',
    ['clock'],
  ),
  clock_getres: sys(
    { amd64: 229, arm64: 114 },
    { which_clock: oneOf(flags.CLOCK, 'CLOCK_???'), tp: written(structs.TIMESPEC) },
    "Reads a clock's resolution.",
    ['clock'],
  ),
  clock_nanosleep: sys(
    { amd64: 230, arm64: 115 },
    {
      which_clock: oneOf(flags.CLOCK, 'CLOCK_???'),
      flags: bits(flags.TIMER, 'TIMER_???'),
      rqtp: given(structs.TIMESPEC),
      rmtp: written(structs.TIMESPEC),
    },
    'Sleeps on a clock, for a time or until one.',
    [],
  ),
  nanosleep: sys(
    { amd64: 35, arm64: 101 },
    { rqtp: given(structs.TIMESPEC), rmtp: written(structs.TIMESPEC) },
    'Sleeps for a time.',
    [],
  ),
  alarm: sys({ amd64: 37 }, { seconds: UINT }, 'Sends SIGALRM after seconds.', []),
  getitimer: sys(
    { amd64: 36, arm64: 102 },
    { which: oneOf(flags.ITIMER, 'ITIMER_???'), value: written(structs.ITIMERVAL) },
    'Reads an interval timer.',
    [],
  ),
  setitimer: sys(
    { amd64: 38, arm64: 103 },
    { which: oneOf(flags.ITIMER, 'ITIMER_???'), value: given(structs.ITIMERVAL), ovalue: written(structs.ITIMERVAL) },
    'Sets an interval timer.',
    [],
  ),
  timer_create: sys(
    { amd64: 222, arm64: 107 },
    {
      which_clock: oneOf(flags.CLOCK, 'CLOCK_???'),
      timer_event_spec: given(structs.SIGEVENT),
      created_timer_id: written(INT),
    },
    'Makes a timer of the process.',
    [],
  ),
  timer_settime: sys(
    { amd64: 223, arm64: 110 },
    {
      timer_id: INT,
      flags: bits(flags.TIMER, 'TIMER_???'),
      new_setting: given(structs.ITIMERSPEC),
      old_setting: written(structs.ITIMERSPEC),
    },
    'Arms or disarms a timer.',
    [],
  ),
  timer_gettime: sys(
    { amd64: 224, arm64: 108 },
    { timer_id: INT, setting: written(structs.ITIMERSPEC) },
    'Reads a timer.',
    [],
  ),
  timer_getoverrun: sys({ amd64: 225, arm64: 109 }, { timer_id: INT }, 'Reads how often a timer expired unseen.', []),
  timer_delete: sys({ amd64: 226, arm64: 111 }, { timer_id: INT }, 'Deletes a timer.', []),
  timerfd_create: sys(
    { amd64: 283, arm64: 85 },
    { clockid: oneOf(flags.CLOCK, 'CLOCK_???'), flags: bits(flags.TFD, 'TFD_???') },
    'Makes a timer that is read as a descriptor.',
    ['desc'],
    'fd',
  ),
  timerfd_settime: sys(
    { amd64: 286, arm64: 86 },
    {
      ufd: FD,
      flags: bits(flags.TFD_TIMER, 'TFD_???'),
      utmr: given(structs.ITIMERSPEC),
      otmr: written(structs.ITIMERSPEC),
    },
    'Arms or disarms a timer descriptor.',
    ['desc'],
  ),
  timerfd_gettime: sys(
    { amd64: 287, arm64: 87 },
    { ufd: FD, otmr: written(structs.ITIMERSPEC) },
    "Reads a timer descriptor's setting.",
    ['desc'],
  ),
} as const;
