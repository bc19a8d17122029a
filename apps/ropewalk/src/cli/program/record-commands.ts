import { Option, type Command } from 'commander'
import type { ArtifactFlags } from '../commands/artifacts.ts'
import type { EditFlags } from '../commands/edit-artifact.ts'
import type { DossierExportFlags, VerifyFlags } from '../commands/dossier.ts'
import type { LogFlags } from '../commands/records.ts'
import type { CommonFlags } from '../settings.ts'
import { addCommonFlags, parseCount, type Define } from './define.ts'

const RUN = 'id of the run, the beginning of it, or last'

const addArtifactCommands = (program: Command, { terminal, setExit }: Define): void => {
  const artifacts = program.command('artifacts').description('what a run has made')
  addCommonFlags(artifacts.command('list'))
    .description('every version, oldest first')
    .argument('<run>', RUN)
    .action(async (reference: string, flags: CommonFlags) => {
      const { list } = await import('../commands/artifacts.ts')
      setExit(await list(terminal, reference, flags))
    })
  addCommonFlags(artifacts.command('show'))
    .description('the content of one; with --json what is known of it')
    .argument('<run>', RUN)
    .argument('<name>', 'name of the artifact, such as PRD')
    .option('--version <number>', 'that version instead of the newest', parseCount)
    .action(async (reference: string, name: string, flags: ArtifactFlags) => {
      const { show } = await import('../commands/artifacts.ts')
      setExit(await show(terminal, { reference, name }, flags))
    })
  addCommonFlags(artifacts.command('edit'))
    .description('put your version of a document in place; tells first what differs and what is done again')
    .argument('<run>', RUN)
    .argument('<name>', 'name of the document, such as PRD')
    .option('--file <file>', 'the new document, - for standard input; without it $EDITOR at a terminal')
    .action(async (reference: string, name: string, flags: EditFlags) => {
      const { edit } = await import('../commands/edit-artifact.ts')
      setExit(await edit(terminal, { reference, name }, flags))
    })
}

const addProofCommands = (program: Command, { terminal, setExit }: Define): void => {
  addCommonFlags(program.command('ledger').description('the history in the database').command('verify'))
    .description('check every entry, link and signed head; names the first bad entry')
    .argument('[run]', `${RUN}; all of them without it`)
    .action(async (reference: string | undefined, flags: CommonFlags) => {
      const { verifyLedger } = await import('../commands/ledger.ts')
      setExit(await verifyLedger(terminal, reference, flags))
    })
  const dossier = program.command('dossier').description('the signed folder in which a run ends')
  addCommonFlags(dossier.command('verify'))
    .description('check a dossier; needs no database and no network')
    .argument('<run-or-dir>', `folder of a dossier; or ${RUN}`)
    .option('--key <file>', 'public key of the signer, in PEM; only this one then counts')
    .action(async (reference: string, flags: VerifyFlags) => {
      const { verify } = await import('../commands/dossier.ts')
      setExit(await verify(terminal, reference, flags))
    })
  addCommonFlags(dossier.command('export'))
    .description('the dossier for somebody else: a copy of the signed folder, or one file')
    .argument('<run>', RUN)
    .option('--to <dir>', 'the whole folder, into one that does not exist yet, or is empty')
    .addOption(
      new Option('--format <format>', 'one file of this kind').choices(['json', 'html', 'pdf', 'md']),
    )
    .option('--out <file>', 'where that file is to be; it must not exist yet')
    .action(async (reference: string, flags: DossierExportFlags) => {
      const { exportAny } = await import('../commands/dossier.ts')
      setExit(await exportAny(terminal, reference, flags))
    })
}

/** What runs leave behind: logs, artifacts, gates, cost, ledger, dossier. */
export const addRecordCommands = (program: Command, define: Define): void => {
  const { terminal, setExit } = define
  addCommonFlags(program.command('logs'))
    .description('what agents and checks wrote while they worked')
    .argument('<run>', RUN)
    .option('-f, --follow', 'go on until the run has ended')
    .option('--task <id>', 'of this task only')
    .action(async (reference: string, flags: LogFlags) => {
      const { logs } = await import('../commands/records.ts')
      setExit(await logs(terminal, reference, flags))
    })
  addArtifactCommands(program, define)
  addCommonFlags(program.command('gate').description('the decision at the end of a phase').command('show'))
    .description('rounds, rubrics and checks of one gate')
    .argument('<run>', RUN)
    .argument('<phase>', 'name of the phase')
    .action(async (reference: string, phase: string, flags: CommonFlags) => {
      const { gate } = await import('../commands/records.ts')
      setExit(await gate(terminal, { reference, phase }, flags))
    })
  addCommonFlags(program.command('cost'))
    .description('money and tokens, by phase and model')
    .argument('[run]', `${RUN}; the newest without it`)
    .action(async (reference: string | undefined, flags: CommonFlags) => {
      const { cost } = await import('../commands/records.ts')
      setExit(await cost(terminal, reference, flags))
    })
  addProofCommands(program, define)
}
