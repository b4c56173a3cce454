import { Button, Drawer } from '@mantine/core'
import { IconSignature } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'

import { useSigning } from '@/api/boards'

import { SigningQueue } from './SigningQueue'

/** The way to the queue, for whoever has one: nothing where nothing waits. */
export function SigningLink() {
  const { t } = useTranslation('decisions')
  const waiting = useSigning().data?.waiting ?? 0
  if (waiting === 0) return null
  return (
    <Button component={Link} to="/sign" variant="default" leftSection={<IconSignature size={15} aria-hidden />}>
      {t('queue.open', { count: waiting })}
    </Button>
  )
}

/** The same beside the images: the room goes on below it. */
export function SigningDrawer() {
  const { t } = useTranslation('decisions')
  const [isOpen, setOpen] = useState(false)
  const waiting = useSigning().data?.waiting ?? 0
  if (waiting === 0 && !isOpen) return null
  return (
    <>
      <Button m={14} mt={0} size="xs" variant="default" leftSection={<IconSignature size={15} aria-hidden />} onClick={() => setOpen(true)}>
        {t('queue.open', { count: waiting })}
      </Button>
      <Drawer opened={isOpen} onClose={() => setOpen(false)} position="right" size={520} title={t('queue.title')}>
        {isOpen && <SigningQueue narrow />}
      </Drawer>
    </>
  )
}
