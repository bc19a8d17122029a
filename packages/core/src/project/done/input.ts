import type { ItemKind, Parameters } from '../../contract/item.ts'
import type { Records } from '../../contract/records.ts'
import type { DeliverableBody, WorkEvidence } from '../../contract/work-order.ts'
import { getTreatment } from '../../analysis/treatment.ts'

/** What the checks of one item's result are made on. */
export type DoneInput = {
  readonly item: {
    readonly kind: ItemKind
    readonly capability: string | null
    readonly definitionOfDone: readonly string[]
  }
  /** As they came, parsed or not: whether they keep their contract is a check too. */
  readonly bodies: readonly unknown[]
  readonly evidence: readonly WorkEvidence[]
  /** All records of the item; null where it has none. */
  readonly records: Pick<Records, 'columns' | 'rows'> | null
  /** What the work was done with. Without it, what a body says of itself is taken. */
  readonly parameters?: Parameters | undefined
}

/** The same with the bodies that keep their contract. */
export type Checked = Omit<DoneInput, 'bodies'> & { readonly bodies: readonly DeliverableBody[] }

/** Gives the reasons why not; none is a pass. */
export type Validator = (input: Checked) => readonly string[]

/** How rows were to be counted: as the parameters say, whatever the body claims. */
export const findTreatment = (
  { parameters }: Checked,
  body: DeliverableBody,
): ReturnType<typeof getTreatment> => {
  if (parameters !== undefined) return getTreatment(parameters)
  const { content } = body
  const told =
    typeof content === 'object' && content !== null && !Array.isArray(content)
      ? content['treatment']
      : undefined
  const isObject = typeof told === 'object' && told !== null && !Array.isArray(told)
  const { longRows, countMeans } = isObject ? told : {}
  return getTreatment({
    ...(typeof longRows === 'string' ? { longRows } : {}),
    ...(typeof countMeans === 'string' ? { countMeans } : {}),
  })
}
