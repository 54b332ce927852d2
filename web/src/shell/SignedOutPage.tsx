/** What a stranger sees: one thing to do. */
export function SignedOutPage({
  organisation,
  signInUrl,
}: {
  organisation: string | undefined;
  signInUrl: string;
}) {
  return (
    <main className="welcome">
      <img src="/favicon.svg" alt="" width="56" height="56" />
      <h1>{organisation ?? "Your documents"}</h1>
      <p>Your own folder, for your eyes only.</p>
      <a className="button primary" href={signInUrl}>
        Sign in with SSO
      </a>
    </main>
  );
}
