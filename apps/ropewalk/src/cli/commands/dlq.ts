import type { DeadLetter, DeadLetterSummary, RedriveRequest } from '@ropewalk/core/contract/api/dead-letters'
import { DeadLetterId } from '@ropewalk/core/ids'
import { getShortId } from '@ropewalk/core/short-id'
import { listAll, type Api } from '../api.ts'
import { pickId } from '../backlog-ref.ts'
import { getAgoText } from '../question-text.ts'
import { readJsonFile } from '../read-json-file.ts'
import type { CommonFlags } from '../settings.ts'
import { clean, clip, makeTable, type Terminal } from '../terminal.ts'
import { EXIT, makeTrouble, withNext } from '../trouble.ts'
import { withApi } from '../with-api.ts'

const PAGE = 200

const SEE_ALL = 'See what there is: ./ropewalk dlq list --all'

const KIND = { of: 'dead letter', seeOthers: './ropewalk dlq list --all' } as const

const resolve = async (api: Api, text: string): Promise<string> => {
  if (DeadLetterId.safeParse(text).success) return text
  const letters = await Array.fromAsync(listAll((cursor) => api.listDeadLetters({ limit: PAGE, cursor })))
  return pickId(
    KIND,
    text.toLowerCase(),
    letters.map(({ id }) => id),
  )
}

export type DlqListFlags = CommonFlags & { readonly all?: boolean; readonly limit: number }

/** Messages that came to nothing and that nobody has dealt with, the newest first; all of them with `--all`. */
export const list = (terminal: Terminal, flags: DlqListFlags): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const status = flags.all === true ? undefined : 'open'
    const letters: DeadLetterSummary[] = []
    const limit = Math.min(flags.limit, PAGE)
    for await (const letter of listAll((cursor) => api.listDeadLetters({ limit, cursor, status }))) {
      letters.push(letter)
      if (letters.length >= flags.limit) break
    }
    if (flags.json === true) {
      terminal.out(JSON.stringify({ items: letters }))
      return EXIT.ok
    }
    if (letters.length === 0) terminal.say('There are no dead letters.')
    else {
      const rows = letters.map((letter) => [
        getShortId(letter.id),
        letter.reason,
        letter.status,
        letter.topic,
        String(letter.attempts),
        getAgoText(letter.lastSeenAt),
        clean(letter.eventType ?? '-'),
      ])
      terminal.out(
        makeTable([['LETTER', 'REASON', 'STATUS', 'TOPIC', 'TRIES', 'LAST SEEN', 'TYPE'], ...rows]),
      )
    }
    return EXIT.ok
  })

const layOut = (letter: DeadLetter): string => {
  const facts: [string, string | null][] = [
    ['letter', letter.id],
    [
      'status',
      `${letter.status}${letter.resolvedBy === null ? '' : ` by ${letter.resolvedBy}`}${letter.note === null ? '' : `: ${letter.note}`}`,
    ],
    ['reason', letter.reason],
    ['topic', `${letter.topic}, read by ${letter.consumerGroup}`],
    ['event', [letter.eventType, letter.eventId].filter((part) => part !== null).join(' ') || null],
    ['contract', letter.schemaId],
    ['tries', `${letter.attempts}, redriven ${letter.redrives} times`],
    ['seen', `first ${letter.firstSeenAt}, last ${letter.lastSeenAt}`],
    [
      'error',
      [letter.errorClass, letter.errorMessage].filter((part) => part !== null && part !== '').join(': '),
    ],
  ]
  const rows = facts.flatMap(([name, value]) =>
    value === null || value === '' ? [] : [[`  ${name}`, clip(value, 300)]],
  )
  const body = letter.event === null ? letter.original.body : JSON.stringify(letter.event, null, 2)
  return [
    makeTable(rows),
    ...(letter.problems.length === 0
      ? []
      : [
          '',
          'what is wrong',
          ...letter.problems.map(
            ({ path, message }) => `  ${clip(path === '' ? '/' : path, 80)}: ${clip(message, 160)}`,
          ),
        ]),
    '',
    'the message',
    clean(body),
    ...(letter.trace === null ? [] : ['', 'trace', clean(letter.trace)]),
    ...(letter.status === 'open'
      ? [
          '',
          `next: ./ropewalk dlq redrive ${getShortId(letter.id)}, or ./ropewalk dlq drop ${getShortId(letter.id)} --why "…"`,
        ]
      : []),
  ].join('\n')
}

export const show = (terminal: Terminal, reference: string, flags: CommonFlags): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const id = await resolve(api, reference)
    const letter = await withNext(SEE_ALL, () => api.readDeadLetter(id))
    terminal.out(flags.json === true ? JSON.stringify(letter) : layOut(letter))
    return EXIT.ok
  })

export type RedriveFlags = CommonFlags & {
  readonly all?: boolean
  readonly file?: string
  readonly why?: string
}

/** The event as it should have been, from a file. */
const readEvent = (terminal: Terminal, file: string): NonNullable<RedriveRequest['event']> => {
  const read = readJsonFile(terminal.cwd, file)
  // The server checks the event itself; here only that there is one.
  if (typeof read === 'object' && read !== null && !Array.isArray(read))
    return read as NonNullable<RedriveRequest['event']>
  throw makeTrouble({
    code: 'INVALID_ARGUMENT',
    what: `${file} holds no event`,
    why: 'an event is one JSON object',
    next: './ropewalk dlq show LETTER --json shows the one that failed',
  })
}

/** Sends a message again, or all that are open; with `--file` the event as it should have been. */
export const redrive = async (
  terminal: Terminal,
  reference: string | undefined,
  flags: RedriveFlags,
): Promise<number> => {
  if (
    (reference === undefined) === (flags.all !== true) ||
    (flags.all === true && flags.file !== undefined)
  ) {
    throw makeTrouble({
      code: 'INVALID_ARGUMENT',
      what: 'it is not clear what to send again',
      why: 'either one letter is named, or --all means every open one as it was',
      next: './ropewalk dlq redrive LETTER, or ./ropewalk dlq redrive --all',
    })
  }
  const event = flags.file === undefined ? undefined : readEvent(terminal, flags.file)
  return withApi(terminal, flags, async (api, _config, isOwn) => {
    const ids =
      reference === undefined
        ? (
            await Array.fromAsync(
              listAll((cursor) => api.listDeadLetters({ limit: PAGE, cursor, status: 'open' })),
            )
          ).map(({ id }) => id as string)
        : [await resolve(api, reference)]
    const body = {
      ...(event === undefined ? {} : { event }),
      ...(flags.why === undefined ? {} : { note: flags.why }),
    }
    const sent: DeadLetter[] = []
    for (const id of ids) sent.push(await withNext(SEE_ALL, () => api.redriveDeadLetter(id, body)))
    if (flags.json === true)
      terminal.out(
        JSON.stringify({ items: sent.map(({ id, status, redrives }) => ({ id, status, redrives })) }),
      )
    else {
      for (const { id, eventType } of sent)
        terminal.say(`sent again: ${getShortId(id)}  ${clean(eventType ?? '')}`.trimEnd())
      if (sent.length === 0) terminal.say('There are no open dead letters.')
      if (isOwn && sent.length > 0)
        terminal.say('Nobody reads it before a server or relay runs: ./ropewalk up')
    }
    return EXIT.ok
  })
}

/** Closes a letter for good. */
export const drop = (
  terminal: Terminal,
  reference: string,
  flags: CommonFlags & { readonly why: string },
): Promise<number> =>
  withApi(terminal, flags, async (api) => {
    const id = await resolve(api, reference)
    const letter = await withNext(SEE_ALL, () => api.dropDeadLetter(id, flags.why))
    if (flags.json === true) terminal.out(JSON.stringify(letter))
    else terminal.say(`dropped: ${getShortId(letter.id)}`)
    return EXIT.ok
  })
