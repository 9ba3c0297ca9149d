using MathNet.Numerics.LinearAlgebra;

namespace PeftStudio.Search.Costs;

/// <summary>
/// Coefficients of at least 0 whose relative errors are small in their absolute values, so that one odd measurement does not turn the rest: least squares, again and again, with less weight
/// for what is far off.
/// </summary>
internal static class NonNegativeFit
{
    private const int MostColumns = 12;
    private const int Rounds = 12;

    /// <summary>By which share equal trials differ anyway: errors below it weigh alike.</summary>
    private const double Close = 0.05;

    /// <param name="rows">what was varied; one array a measurement, all of one length.</param>
    /// <param name="measured">above 0; errors count in proportion to it.</param>
    public static double[] Solve(IReadOnlyList<double[]> rows, IReadOnlyList<double> measured)
    {
        if (rows.Count == 0 || rows.Count != measured.Count || measured.Any(value => !(value > 0)))
            throw new ArgumentException($"{rows.Count} rows with {measured.Count} measurements; one above 0 is wanted for each row, and at least one", nameof(measured));
        var columns = rows[0].Length;
        if (columns > MostColumns)
            throw new ArgumentException($"{columns} columns; at most {MostColumns} can be tried in all subsets", nameof(rows));
        // Each row over its measurement, each column over its largest value: relative errors, and numbers of one size.
        var scales = Enumerable.Range(0, columns).Select(column => rows.Select((row, i) => row[column] / measured[i]).Max()).ToArray();
        var used = Enumerable.Range(0, columns).Where(column => scales[column] > 0).ToArray();
        var matrix = Matrix<double>.Build.Dense(rows.Count, used.Length, (i, j) => rows[i][used[j]] / measured[i] / scales[used[j]]);
        var weights = Vector<double>.Build.Dense(rows.Count, 1);
        var found = Weighted(matrix, weights);
        for (var round = 1; round < Rounds; round++)
        {
            weights = ((matrix * found) - 1).Map(error => 1 / Math.Sqrt(Math.Max(Close, Math.Abs(error))));
            found = Weighted(matrix, weights);
        }
        var all = new double[columns];
        for (var j = 0; j < used.Length; j++)
            all[used[j]] = found[j] / scales[used[j]];
        return all;
    }

    // Of all subsets of the columns that come out without a negative coefficient, the one with the smallest squared error: exact, and quick for few columns.
    private static Vector<double> Weighted(Matrix<double> matrix, Vector<double> weights)
    {
        var rows = Matrix<double>.Build.DenseOfDiagonalVector(weights) * matrix;
        var (best, least) = (Vector<double>.Build.Dense(matrix.ColumnCount), double.PositiveInfinity);
        for (var subset = 1; subset < 1 << matrix.ColumnCount; subset++)
        {
            var columns = Enumerable.Range(0, matrix.ColumnCount).Where(column => (subset >> column & 1) == 1).ToArray();
            if (columns.Length > matrix.RowCount)
                continue;
            var part = Matrix<double>.Build.DenseOfColumnVectors(columns.Select(rows.Column));
            var found = part.QR().Solve(weights);
            if (found.Any(value => !(value >= 0 && double.IsFinite(value))))
                continue;
            var error = ((part * found) - weights).L2Norm();
            if (error >= least)
                continue;
            least = error;
            best = Vector<double>.Build.Dense(matrix.ColumnCount);
            for (var j = 0; j < columns.Length; j++)
                best[columns[j]] = found[j];
        }
        return best;
    }
}
