import { useState } from 'react'

import { type DecisionDraft, draftOf, emptyDraft, type Seen, useDecisionActions } from '@/api/boards'
import type { Decision, PersonRef } from '@/api/types'

import { Conflicts } from './Conflicts'
import { DecisionPanel } from './DecisionPanel'
import { type Conflict, mergeDrafts, takeTheirs } from './merging'

interface DecisionPanelConnectedProps {
  caseId: string
  decision: Decision | null
  meetingId: string | null
  people: readonly PersonRef[]
  maySign: boolean
  onSigned?: () => void
}

/** What is in the form, and the server's draft that it began from. */
interface Editing {
  draft: DecisionDraft
  base: DecisionDraft
  seen: Seen | null
  conflicts: Conflict[]
  isDirty: boolean
}

const begin = (decision: Decision | null): Editing => {
  const draft = decision ? draftOf(decision) : emptyDraft()
  return { draft, base: draft, seen: decision && { id: decision.id, version: decision.version }, conflicts: [], isDirty: false }
}

/**
 * The decision form over REST. What somebody else saved meanwhile comes into the form field by
 * field; where both changed the same, both are shown and nothing is kept before one is chosen.
 */
export function DecisionPanelConnected({ caseId, decision, meetingId, people, maySign, onSigned }: DecisionPanelConnectedProps) {
  const { save } = useDecisionActions(caseId)
  const [editing, setEditing] = useState(() => begin(decision))
  if (decision && decision.version > (editing.seen?.id === decision.id ? editing.seen.version : 0)) {
    setEditing(editing.isDirty ? mergeInto(editing, decision) : begin(decision))
  }
  const { draft, conflicts, isDirty } = editing
  const settle = (conflict: Conflict, next: DecisionDraft) =>
    setEditing({ ...editing, draft: next, conflicts: conflicts.filter((one) => one !== conflict) })
  const keep = () =>
    save.mutate(
      { seen: editing.seen, meetingId: meetingId ?? decision?.meeting?.id ?? null, draft },
      { onSuccess: (saved) => setEditing(begin(saved)) },
    )
  return (
    <DecisionPanel
      draft={draft}
      people={people}
      savedAt={decision?.updated_at ?? null}
      isDirty={isDirty}
      isSaving={save.isPending}
      problem={save.error}
      conflicts={
        conflicts.length > 0 ? (
          <Conflicts
            conflicts={conflicts}
            people={people}
            onMine={(conflict) => settle(conflict, draft)}
            onTheirs={(conflict) => settle(conflict, takeTheirs(draft, conflict))}
          />
        ) : null
      }
      onChange={(next) => setEditing({ ...editing, draft: next, isDirty: true })}
      onSave={keep}
      signing={maySign ? { id: decision?.id ?? null, onSigned: () => onSigned?.() } : null}
    />
  )
}

function mergeInto(editing: Editing, decision: Decision): Editing {
  const theirs = draftOf(decision)
  const { draft, conflicts } = mergeDrafts(editing.base, editing.draft, theirs)
  const open = editing.conflicts.filter((one) => !conflicts.some((other) => other.path === one.path))
  return { ...editing, draft, base: theirs, seen: { id: decision.id, version: decision.version }, conflicts: [...open, ...conflicts] }
}
