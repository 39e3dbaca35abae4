"""EVE Online's sign-in (SSO v2) in the sandbox: OAuth 2.0 with PKCE, rotating tokens, JWTs."""
