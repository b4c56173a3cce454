import type { Problem } from '@/api/problem'

export const IDENTITY_FIELDS = ['patient_id', 'issuer', 'name', 'birth_date', 'sex'] as const
export type IdentityField = (typeof IDENTITY_FIELDS)[number]
export type Identity = Partial<Record<IdentityField, string | null>>

/**
 * How two values stand to each other. `contradicts` is the server's word: it is
 * why the link was refused. `differs` is merely not the same (a name may differ
 * for one patient); nothing unequal is ever called the same.
 */
export type IdentityRelation = 'contradicts' | 'differs' | 'same' | 'unknown'

function relate(left: string, right: string, isContradiction: boolean): IdentityRelation {
  if (isContradiction) return 'contradicts'
  if (!left || !right) return 'unknown'
  return left === right ? 'same' : 'differs'
}

export interface IdentityRow {
  field: IdentityField
  ofCase: string
  ofStudy: string
  relation: IdentityRelation
}

const asIdentity = (value: unknown): Identity => (typeof value === 'object' && value !== null ? (value as Identity) : {})

/**
 * Both identities of a `patient_mismatch`, side by side, fact by fact. Where only
 * one hospital names itself (`issuer_unconfirmed`), the issuer is what differs.
 */
export function compareIdentities(problem: Problem): IdentityRow[] {
  const ofCase = asIdentity(problem.details.case_patient)
  const ofStudy = asIdentity(problem.details.study_patient)
  const told: unknown[] = Array.isArray(problem.details.fields) ? problem.details.fields : []
  return IDENTITY_FIELDS.map((field) => {
    const left = ofCase[field] ?? ''
    const right = ofStudy[field] ?? ''
    const isContradiction = told.includes(field) || (field === 'issuer' && told.includes('issuer_unconfirmed'))
    return { field, ofCase: left, ofStudy: right, relation: relate(left, right, isContradiction) }
  }).filter((row) => row.ofCase || row.ofStudy)
}
