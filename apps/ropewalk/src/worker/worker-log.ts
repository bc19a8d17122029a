/** The part of the process's logger (pino) that the worker uses. */
export type WorkerLog = {
  readonly info: (facts: object, message: string) => void
  readonly warn: (facts: object, message: string) => void
  readonly error: (facts: object, message: string) => void
}
