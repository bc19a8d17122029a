import { z } from 'zod'

/** Files of one folder below `schemas/`, by name: the JSON Schema each of them holds. */
export type SchemaFolder = { readonly folder: string; readonly files: Readonly<Record<string, object>> }

/**
 * A contract as JSON Schema 2020-12, in the form that callers write: fields with a default are not required.
 * `attributes` stand before what the contract says.
 */
export const describe = (title: string, contract: z.ZodType, attributes: object = {}): object => ({
  ...attributes,
  title,
  ...z.toJSONSchema(contract, { io: 'input', target: 'draft-2020-12' }),
})

/** One file for each contract, `Name.json`. */
export const describeAll = (
  folder: string,
  contracts: Readonly<Record<string, z.ZodType>>,
): SchemaFolder => ({
  folder,
  files: Object.fromEntries(
    Object.entries(contracts).map(([name, contract]) => [`${name}.json`, describe(name, contract)]),
  ),
})
