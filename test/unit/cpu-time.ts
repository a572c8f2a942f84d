// Time that this process computed, so that tests of duration hold on a machine that is busy with something else.

/** Milliseconds of processor time, of all threads together, since the process began. */
export function processorMilliseconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
