import type { InputProposal, ModelInputs } from '@/api/inputs'

/** Role to Series Instance UID, as far as a person said other than what is proposed. */
export type Chosen = Readonly<Record<string, string>>

export const seriesFor = (input: InputProposal, chosen: Chosen): string | null => chosen[input.role] ?? input.proposed

export interface AskedInputs {
  readonly series_instance_uid: string
  readonly inputs?: Record<string, string>
}

/** Roles that the same series would fill: one picture is not two. */
export function sharedSeries({ inputs }: ModelInputs, chosen: Chosen): readonly InputProposal[] {
  const taken = inputs.map((one) => seriesFor(one, chosen))
  return inputs.filter((_, index) => taken[index] !== null && taken.filter((uid) => uid === taken[index]).length > 1)
}

/** What is asked for, every role by name; null while an input has no series or two have the same. */
export function askedInputs(found: ModelInputs, chosen: Chosen): AskedInputs | null {
  const { inputs } = found
  const [first] = inputs
  const uid = first ? seriesFor(first, chosen) : null
  if (uid === null || sharedSeries(found, chosen).length > 0) return null
  if (inputs.length === 1) return { series_instance_uid: uid }
  const named: Record<string, string> = {}
  for (const input of inputs) {
    const one = seriesFor(input, chosen)
    if (one === null) return null
    named[input.role] = one
  }
  return { series_instance_uid: uid, inputs: named }
}
