import { ActionIcon, TextInput } from '@mantine/core'
import { IconSend } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { ChatMessageBody } from '@/protocol/generated'
import { formatTime } from '@/ui/format'
import { personColour } from '@/ui/people'

import type { LiveSession } from './liveSession'
import { useLiveState } from './useLiveSession'
import classes from './live.module.css'

const NO_CHAT: readonly ChatMessageBody[] = []
const LONGEST = 2000

export function ChatPanel({ session }: { session: LiveSession }) {
  const { t } = useTranslation('live')
  const chat = useLiveState(session, (state) => state.room.snapshot?.chat ?? NO_CHAT)
  const waiting = useLiveState(session, (state) => state.ops.waiting)
  const mayChat = useLiveState(session, (state) => state.room.can.includes('chat'))
  const [text, setText] = useState('')
  const end = useRef<HTMLLIElement>(null)
  useEffect(() => {
    // Newer browsers return a promise here, which React would take for a clean-up.
    void end.current?.scrollIntoView({ block: 'nearest' })
  }, [chat.length])
  const send = () => {
    const trimmed = text.trim()
    if (!trimmed) return
    setText('')
    void session.submit({
      type: 'op.submit',
      op_id: crypto.randomUUID(),
      kind: 'chat.post',
      payload: { text: trimmed },
    })
  }
  return (
    <div className={classes.chat}>
      <ul>
        {chat.map(({ id, author, text: words, at }) => (
          <li key={id}>
            <b
              style={{
                color: personColour({ id: author.id ?? '', discipline: author.discipline }),
              }}
            >
              {author.display_name}
            </b>{' '}
            <time className={classes.dim}>{formatTime(at)}</time>
            <div>{words}</div>
          </li>
        ))}
        {waiting.map((op) =>
          op.kind === 'chat.post' ? (
            <li key={op.op_id} className={classes.dim}>
              {op.payload.text}
            </li>
          ) : null,
        )}
        <li ref={end} aria-hidden />
      </ul>
      {mayChat && (
        <form
          onSubmit={(event) => {
            event.preventDefault()
            send()
          }}
        >
          <TextInput
            size="xs"
            value={text}
            maxLength={LONGEST}
            placeholder={t('chatPlaceholder')}
            aria-label={t('chatPlaceholder')}
            onChange={(event) => setText(event.currentTarget.value)}
            rightSection={
              <ActionIcon type="submit" size={26} variant="subtle" aria-label={t('send')}>
                <IconSend size={14} />
              </ActionIcon>
            }
          />
        </form>
      )}
    </div>
  )
}
