import type { Study } from '@/api/types'

/**
 * The studies that name another patient than the case, confirmed with a reason, and which identity
 * each names. A de-identified reader is not told identities: each study then stands for itself.
 */
export function identitiesOf(
  studies: readonly Study[],
  deidentified: boolean,
): ReadonlyMap<string, string> {
  return new Map(
    studies
      .filter((study) => study.mismatch_confirmed)
      .map((study) => {
        const { patient_id, birth_date, sex, name } = study.patient
        const told = JSON.stringify([patient_id, birth_date, sex, patient_id ? '' : name])
        return [study.study_instance_uid, deidentified ? study.study_instance_uid : told]
      }),
  )
}
