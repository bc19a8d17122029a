/**
 * `ROPEWALK_TEST_RUNS=all`: every case. Otherwise every `nth` one, the first included: whole runs take seconds each,
 * and what each of them shows has a test of its own below them.
 */
export const sample = <T>(cases: readonly T[], nth: number): readonly T[] =>
  process.env['ROPEWALK_TEST_RUNS'] === 'all' ? cases : cases.filter((_, index) => index % nth === 0)
