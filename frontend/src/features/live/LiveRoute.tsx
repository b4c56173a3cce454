/** Placeholder for the live route `/live/:sessionId`. */
export default function LiveRoute() {
  return null
}
