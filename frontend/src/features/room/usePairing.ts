import { useCallback, useEffect, useState } from 'react'

import { asProblem } from '@/api/problem'
import { announceScreen, claimScreen } from '@/api/screens'

const ASK_EVERY_MS = 2_000
const KEPT = 'consilium.screen'

interface Known {
  readonly id: string
  readonly code: string
  readonly secret: string
}

export interface Pairing {
  readonly code: string
  /** The live session, once somebody has connected this screen to it. */
  readonly session: string | null
}

/** This tab's own: a reload goes on where it was, another tab is another screen. */
function recall(): Known | null {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT) ?? 'null') as Known | null
  } catch {
    return null
  }
}

/** From the code on the wall to the session it shows. */
export function usePairing() {
  const [round, setRound] = useState(0)
  const [pairing, setPairing] = useState<Pairing | null>(null)
  const [problem, setProblem] = useState<unknown>(null)
  const again = useCallback(() => {
    sessionStorage.removeItem(KEPT)
    setPairing(null)
    setProblem(null)
    setRound((before) => before + 1)
  }, [])
  useEffect(() => {
    let isOver = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const ask = async (known: Known): Promise<void> => {
      const told = await claimScreen(known.id, known.secret)
      if (isOver) return
      setPairing({ code: known.code, session: told.session })
      if (told.session === null) timer = setTimeout(() => void step(known), ASK_EVERY_MS)
    }
    const step = async (known: Known | null): Promise<void> => {
      try {
        if (known !== null) return await ask(known)
        const fresh: Known = await announceScreen()
        if (isOver) return
        sessionStorage.setItem(KEPT, JSON.stringify(fresh))
        await ask(fresh)
      } catch (error) {
        if (isOver) return
        // A code that is over is replaced by another one; everything else is told.
        if (asProblem(error).status === 404 && known !== null) {
          sessionStorage.removeItem(KEPT)
          await step(null)
        } else setProblem(error)
      }
    }
    void step(recall())
    return () => {
      isOver = true
      clearTimeout(timer)
    }
  }, [round])
  return { pairing, problem, again }
}
