"""SecureCart: a private document folder on S3 for every employee."""
