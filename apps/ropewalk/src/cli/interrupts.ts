import { EXIT } from './trouble.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
type EndSignal = (typeof SIGNALS)[number]

/**
 * One Ctrl-C, or one `kill` of our process group, comes once from the system and again from the launcher and npm, which
 * pass on what they got. Shorter, and a busy machine's echo cuts an orderly end short; longer, and a person who
 * presses twice is not heard.
 */
const ECHO_MS = 500

/**
 * The first signal calls `onFirst`, which ends the command in order; the second ends the process at once, unless it
 * is an echo of the first. Gives back what undoes it.
 */
const trapSignals = (onFirst: (signal: EndSignal) => void): (() => void) => {
  let firstAt: number | undefined
  const trap = (signal: EndSignal) => {
    if (firstAt === undefined) {
      firstAt = performance.now()
      onFirst(signal)
    } else if (performance.now() - firstAt > ECHO_MS) process.exit(EXIT.interrupted)
  }
  for (const signal of SIGNALS) process.on(signal, trap)
  return () => {
    for (const signal of SIGNALS) process.off(signal, trap)
  }
}

/** The wish to end: `signal` is aborted by the first Ctrl-C or SIGTERM, the second ends the process at once. */
export type Interrupt = {
  readonly signal: AbortSignal
  /** Said at the first signal, in place of what was said before. */
  say: () => void
}

/**
 * Runs `work` with an interrupt. The trap stays when one came, so that a second signal cuts an orderly end short.
 */
export const withInterrupt = async <T>(work: (interrupt: Interrupt) => Promise<T>): Promise<T> => {
  const controller = new AbortController()
  const interrupt: Interrupt = { signal: controller.signal, say: () => undefined }
  const untrap = trapSignals(() => {
    controller.abort()
    interrupt.say()
  })
  try {
    return await work(interrupt)
  } finally {
    if (!controller.signal.aborted) untrap()
  }
}
