/* A program for the Universal C run-time library, through mingw-w64's headers. */
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

int main(int argc, char **argv) {
    char text[64];
    wchar_t wide[32];
    double number = 0;
    int whole = 0;
    time_t start = 0;
    FILE *file;

    printf("%d %s %.3f %lld %zu\n", argc, argc > 1 ? argv[1] : "-", 3.14159, 1LL << 40, (size_t)7);
    printf("%d %s\n", snprintf(text, 5, "%s", "abcdefgh"), text);
    sscanf("3.5 12", "%lf %d", &number, &whole);
    printf("%g %d\n", number, whole);
    swprintf(wide, 32, L"%ls", L"wide");
    wprintf(L"%ls %s\n", wide, L"and wide");
    printf("%e %f\n", 1.5e10, INFINITY);
    strftime(text, sizeof text, "%Y-%m-%d", gmtime(&start));
    puts(text);
    file = fopen("ucrt.tmp", "w+");
    fprintf(file, "%s\n", strerror(ENOENT));
    rewind(file);
    fputs(fgets(text, sizeof text, file), stdout);
    fclose(file);
    printf("%d %.6f %s\n", remove("ucrt.tmp"), sin(1.0), setlocale(LC_ALL, ".utf8"));
    return 3;
}
