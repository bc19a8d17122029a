import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { RopewalkError } from '@ropewalk/core/errors'
import { RunId, type WorkspaceId } from '@ropewalk/core/ids'
import { makeChainVerifier, type ChainFault } from '@ropewalk/core/ledger/verify'
import { makeWorkspaceList } from '../../store/list-workspace-ids.ts'
import { openSigningKeys, readSignedHeads, type SigningKeys } from '../../store/keys/signing-keys.ts'
import type { Store } from '../../store/open.ts'
import { findRememberedHead, readLedgerRows, readStreamIds } from '../../store/read-ledger.ts'
import { openDatabase } from '../open-database.ts'
import { pickRunId } from '../run-ref.ts'
import { openLog, readSettings, type CommonFlags } from '../settings.ts'
import type { Terminal } from '../terminal.ts'
import { EXIT } from '../trouble.ts'

type Verified = { readonly stream: string; readonly entries: number; readonly fault: ChainFault | null }

type Source = { readonly store: Store; readonly home: string; readonly keys: SigningKeys }

/** The signed heads of a stream, or what is wrong with the file that holds them. */
const readHeads = ({ home, keys }: Source, stream: string) => {
  try {
    return { heads: readSignedHeads(home, keys, stream) }
  } catch (error) {
    if (!(error instanceof RopewalkError) || error.code !== 'INVALID_ARGUMENT') throw error
    return { fault: error.message }
  }
}

/** One stream against its own links, the signed heads beside the keys, and what its run remembers. */
const verifyStream = async (source: Source, workspaceId: WorkspaceId, stream: string): Promise<Verified> => {
  const verifier = makeChainVerifier(stream)
  const tell = (fault: ChainFault | null): Verified => ({ stream, entries: verifier.getCount(), fault })
  // Before the rows: a head signed meanwhile would speak of entries that were not there yet.
  const signed = readHeads(source, stream)
  const head = RunId.safeParse(stream).success
    ? await findRememberedHead(source.store, workspaceId, stream)
    : undefined
  for await (const row of readLedgerRows(source.store, workspaceId, stream)) {
    // What came after the head was read is judged the next time.
    if (head !== undefined && row.seq > head.seq && (await isGrowing(source, workspaceId, stream, row.seq)))
      break
    const fault = verifier.add(row)
    if (fault !== undefined) return tell(fault)
  }
  if (signed.fault !== undefined)
    return tell({
      stream,
      seq: verifier.getCount(),
      what: `cannot be held against its signed heads: ${signed.fault}`,
    })
  return tell(verifier.end({ heads: signed.heads, head }) ?? null)
}

/** Whether the run itself has got that far by now: it is at work while we look. */
const isGrowing = async (
  source: Source,
  workspaceId: WorkspaceId,
  stream: string,
  seq: number,
): Promise<boolean> => {
  const now = await findRememberedHead(source.store, workspaceId, stream)
  return now !== undefined && now.seq >= seq
}

/** Streams that a signed head remembers. */
const listSignedStreams = (home: string): readonly string[] => {
  const dir = path.join(home, 'keys', 'heads')
  if (!existsSync(dir)) return []
  return readdirSync(dir)
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => name.slice(0, -'.jsonl'.length))
}

type Listed = { readonly workspaceId: WorkspaceId; readonly stream: string }

async function* listStreams(store: Store): AsyncGenerator<Listed> {
  for (const workspaceId of await makeWorkspaceList(store)())
    for await (const stream of readStreamIds(store, workspaceId)) yield { workspaceId, stream }
}

/** A stream of which nothing is left but the signed head that remembers it. */
const findLost = (source: Source, stream: string): Verified | undefined => {
  const signed = readHeads(source, stream)
  if (signed.fault !== undefined) return { stream, entries: 0, fault: { stream, seq: 1, what: signed.fault } }
  const most = Math.max(0, ...signed.heads.map(({ seq }) => seq))
  return most === 0
    ? undefined
    : {
        stream,
        entries: 0,
        fault: {
          stream,
          seq: 1,
          what: `is missing, with its whole stream: a signed head remembers ${most} entries`,
        },
      }
}

const say = (terminal: Terminal, { stream, entries, fault }: Verified): void => {
  terminal.out(
    fault === null
      ? `${stream}  ${entries} entries, whole`
      : `${stream}  BROKEN: entry ${fault.seq} ${fault.what}`,
  )
}

/** Verifies the ledger: of one run, or of everything in the database. */
export const verifyLedger = async (
  terminal: Terminal,
  reference: string | undefined,
  flags: CommonFlags,
): Promise<number> => {
  const config = await readSettings(terminal, flags)
  const database = await openDatabase({ config, log: await openLog(config) })
  try {
    const source: Source = { store: database.store, home: config.home, keys: openSigningKeys(config.home) }
    const all = await Array.fromAsync(listStreams(source.store))
    const lost = listSignedStreams(config.home).filter((stream) => !all.some((one) => one.stream === stream))
    const known = [...all.map(({ stream }) => stream), ...lost].toSorted().toReversed()
    const wanted = reference === undefined ? undefined : pickRunId(reference, known)
    const results: Verified[] = []
    for (const { workspaceId, stream } of all) {
      if (wanted === undefined || stream === wanted)
        results.push(await verifyStream(source, workspaceId, stream))
    }
    for (const stream of lost) {
      const found = wanted === undefined || stream === wanted ? findLost(source, stream) : undefined
      if (found !== undefined) results.push(found)
    }
    return report(terminal, results, flags.json === true)
  } finally {
    await database.stop()
  }
}

const report = (terminal: Terminal, results: readonly Verified[], isJson: boolean): number => {
  const broken = results.filter(({ fault }) => fault !== null)
  const entries = results.reduce((sum, one) => sum + one.entries, 0)
  if (isJson) {
    const [first] = broken
    terminal.out(
      JSON.stringify({ ok: broken.length === 0, entries, first: first?.fault ?? null, streams: results }),
    )
  } else {
    for (const one of results) say(terminal, one)
    terminal.say(
      broken.length === 0
        ? `The ledger is whole: ${results.length} streams, ${entries} entries.`
        : `The ledger is broken in ${broken.length} of ${results.length} streams.\n  next: keep a copy of the database and of the keys' folder before anything else is done.`,
    )
  }
  return broken.length === 0 ? EXIT.ok : EXIT.failure
}
