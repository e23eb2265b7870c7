using System.Reflection;
using System.Runtime.InteropServices;

namespace PeerRegistry.Infrastructure.Keys;

/// <summary>What we use of libsodium 1.0.18 and later. Every span handed over is checked here for its length.</summary>
internal static unsafe partial class Sodium
{
    private const string Library = "libsodium";
    private static readonly string[] FileNames = ["libsodium.so.23", "libsodium.so.26", "libsodium.so", "libsodium"];

    /// <param name="seed">32 bytes.</param>
    /// <param name="publicKey">32 bytes, written.</param>
    /// <param name="secretKey">64 bytes, written.</param>
    internal static void KeyPairOfSeed(ReadOnlySpan<byte> seed, Span<byte> publicKey, Span<byte> secretKey)
    {
        Require(seed.Length == 32 && publicKey.Length == 32 && secretKey.Length == 64);
        fixed (byte* s = seed, p = publicKey, k = secretKey)
            Succeed(Native.crypto_sign_seed_keypair(p, k, s));
    }

    /// <param name="signature">64 bytes, written.</param>
    internal static void Sign(ReadOnlySpan<byte> message, ReadOnlySpan<byte> secretKey, Span<byte> signature)
    {
        Require(secretKey.Length == 64 && signature.Length == 64);
        fixed (byte* m = message, k = secretKey, s = signature)
            Succeed(Native.crypto_sign_detached(s, null, m, (ulong)message.Length, k));
    }

    /// <summary>Refuses keys of small order and signatures with an S that is not reduced.</summary>
    internal static bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature, ReadOnlySpan<byte> publicKey)
    {
        if (signature.Length != 64 || publicKey.Length != 32)
            return false;

        fixed (byte* m = message, s = signature, p = publicKey)
            return Native.crypto_sign_verify_detached(s, m, (ulong)message.Length, p) == 0;
    }

    /// <summary>XChaCha20-Poly1305: nonce of 24 bytes, key of 32, the result 16 longer than the plain text.</summary>
    internal static void Seal(ReadOnlySpan<byte> plain, ReadOnlySpan<byte> boundTo, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> key, Span<byte> cipher)
    {
        Require(nonce.Length == 24 && key.Length == 32 && cipher.Length == plain.Length + 16);
        fixed (byte* m = plain, a = boundTo, n = nonce, k = key, c = cipher)
            Succeed(Native.crypto_aead_xchacha20poly1305_ietf_encrypt(c, null, m, (ulong)plain.Length, a, (ulong)boundTo.Length, null, n, k));
    }

    /// <returns>False: another key, another binding, or changed bytes.</returns>
    internal static bool Open(ReadOnlySpan<byte> cipher, ReadOnlySpan<byte> boundTo, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> key, Span<byte> plain)
    {
        Require(nonce.Length == 24 && key.Length == 32 && cipher.Length == plain.Length + 16);
        fixed (byte* m = plain, a = boundTo, n = nonce, k = key, c = cipher)
            return Native.crypto_aead_xchacha20poly1305_ietf_decrypt(m, null, null, c, (ulong)cipher.Length, a, (ulong)boundTo.Length, n, k) == 0;
    }

    private static void Initialise()
    {
        NativeLibrary.SetDllImportResolver(typeof(Sodium).Assembly, Resolve);
        if (Native.sodium_init() < 0)
            throw new InvalidOperationException("libsodium could not be initialised.");
    }

    private static void Require(bool lengthsAreRight)
    {
        if (!lengthsAreRight)
            throw new ArgumentException("A key, nonce or buffer has the wrong length.");
    }

    private static void Succeed(int result)
    {
        if (result != 0)
            throw new InvalidOperationException("libsodium refused to work.");
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != Library)
            return 0;

        foreach (var file in FileNames)
        {
            if (NativeLibrary.TryLoad(file, assembly, path, out var handle))
                return handle;
        }

        throw new DllNotFoundException($"libsodium is not installed (looked for {string.Join(", ", FileNames)}; Debian: libsodium23).");
    }

    /// <summary>Memory with guard pages, locked where the system lets us, zeroed when freed.</summary>
    internal sealed class SecretBytes : SafeHandle
    {
        internal SecretBytes(int length)
            : base(0, ownsHandle: true)
        {
            Length = length;
            SetHandle(Native.sodium_malloc((nuint)length));
            if (IsInvalid)
                throw new InsufficientMemoryException("libsodium could not get guarded memory.");
        }

        internal int Length { get; }

        public override bool IsInvalid => handle == 0;

        internal Span<byte> Bytes => new((void*)handle, Length);

        protected override bool ReleaseHandle()
        {
            Native.sodium_free(handle);
            return true;
        }
    }

    private static partial class Native
    {
        static Native() => Initialise();

        [LibraryImport(Library)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        internal static partial int sodium_init();

        [LibraryImport(Library)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        internal static partial nint sodium_malloc(nuint size);

        [LibraryImport(Library)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        internal static partial void sodium_free(nint pointer);

        [LibraryImport(Library)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        internal static partial int crypto_sign_seed_keypair(byte* publicKey, byte* secretKey, byte* seed);

        [LibraryImport(Library)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        internal static partial int crypto_sign_detached(byte* signature, ulong* signatureLength, byte* message, ulong length, byte* secretKey);

        [LibraryImport(Library)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        internal static partial int crypto_sign_verify_detached(byte* signature, byte* message, ulong length, byte* publicKey);

        [LibraryImport(Library)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        internal static partial int crypto_aead_xchacha20poly1305_ietf_encrypt(
            byte* cipher, ulong* cipherLength, byte* plain, ulong length, byte* boundTo, ulong boundLength, byte* none, byte* nonce, byte* key);

        [LibraryImport(Library)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        internal static partial int crypto_aead_xchacha20poly1305_ietf_decrypt(
            byte* plain, ulong* plainLength, byte* none, byte* cipher, ulong length, byte* boundTo, ulong boundLength, byte* nonce, byte* key);
    }
}
