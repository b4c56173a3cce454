import type { Problem } from '@/api/problem'

export const IDENTITY_FIELDS = ['patient_id', 'issuer', 'name', 'birth_date', 'sex'] as const
export type IdentityField = (typeof IDENTITY_FIELDS)[number]
export type Identity = Partial<Record<IdentityField, string | null>>

export interface IdentityRow {
  field: IdentityField
  ofCase: string
  ofStudy: string
  differs: boolean
}

const asIdentity = (value: unknown): Identity => (typeof value === 'object' && value !== null ? (value as Identity) : {})

/**
 * Both identities of a `patient_mismatch`, side by side, fact by fact. Where only
 * one hospital names itself (`issuer_unconfirmed`), the issuer is what differs.
 */
export function compareIdentities(problem: Problem): IdentityRow[] {
  const ofCase = asIdentity(problem.details.case_patient)
  const ofStudy = asIdentity(problem.details.study_patient)
  const told = problem.details.fields
  return IDENTITY_FIELDS.map((field) => {
    const left = ofCase[field] ?? ''
    const right = ofStudy[field] ?? ''
    const differs = Array.isArray(told)
      ? told.includes(field) || (field === 'issuer' && told.includes('issuer_unconfirmed'))
      : left !== right
    return { field, ofCase: left, ofStudy: right, differs }
  }).filter((row) => row.ofCase || row.ofStudy)
}
