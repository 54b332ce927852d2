"""The long-running processes: gateway, api, portal and the stand-in IdP."""
