import type { Registration } from '@/api/types'
import type { RegistrationLink } from '@/geometry'

/** The links in force, as the viewer uses them, with what they are called on the screen. */
export function linksOf(registrations: readonly Registration[]): RegistrationLink[] {
  return registrations.flatMap((one) =>
    one.links.flatMap((link) =>
      link.state === 'applied' && link.matrix !== null
        ? [
            {
              source: link.source_frame_of_reference_uid,
              target: link.target_frame_of_reference_uid,
              matrix: link.matrix,
              by: {
                sop_instance_uid: one.sop_instance_uid,
                name: one.description || one.label || one.manufacturer,
                date: one.date,
                contradicted: link.contradicted,
              },
            },
          ]
        : [],
    ),
  )
}

type Refusal = Exclude<Registration['links'][number]['refusal'], ''>
export type RegistrationNote = 'applied' | 'superseded' | Refusal

/** What becomes of an object: applied, replaced by a newer one, or refused and why. */
export function notesOf(one: Registration): RegistrationNote[] {
  const notes = one.links.map((link): RegistrationNote =>
    link.state === 'refused' ? link.refusal || 'malformed' : link.state,
  )
  return [...new Set(notes)]
}
