/** A certificate for api.example.com, signed by itself, good for a hundred years and for nothing but tests. */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBqDCCAU2gAwIBAgIUIQmbb5BEqegFTO7In8fSdbHm+iYwCgYIKoZIzj0EAwIw
GjEYMBYGA1UEAwwPYXBpLmV4YW1wbGUuY29tMCAXDTI2MTEyMTA3MjgxMFoYDzIx
MjYxMDI4MDcyODEwWjAaMRgwFgYDVQQDDA9hcGkuZXhhbXBsZS5jb20wWTATBgcq
hkjOPQIBBggqhkjOPQMBBwNCAARniHnRxt3DmBcboC2X8coFPOAij0c2x/MLcRRG
pAXmW04COzuOEgJr8e7iscoybDabVtEqdzAXYw04UClpo6UPo28wbTAdBgNVHQ4E
FgQUIvyJagYgyiMjWLiB/hGLTd2fukwwHwYDVR0jBBgwFoAUIvyJagYgyiMjWLiB
/hGLTd2fukwwDwYDVR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgg9hcGkuZXhhbXBs
ZS5jb20wCgYIKoZIzj0EAwIDSQAwRgIhAL7RcJ0rEb8O6lt5yDkywUeVBrAzA1e5
mw2+RJxxbUM0AiEA1xD4wtMahCAmymrkKJEgIdEycNutE+Vnutr3wr4v35k=
-----END CERTIFICATE-----`;

export const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgVPuczMrpBqGnVI+m
GxdbL/z0k4C715fs7DOby1noa1+hRANCAARniHnRxt3DmBcboC2X8coFPOAij0c2
x/MLcRRGpAXmW04COzuOEgJr8e7iscoybDabVtEqdzAXYw04UClpo6UP
-----END PRIVATE KEY-----`;
